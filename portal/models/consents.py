"""Consents: proof of what was agreed to, word for word; rows are added, never rewritten."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Text, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, db
from portal.models.text_versions import select_policy_version


class Consent(Base):
    """One agreement of one person to one text."""

    __tablename__ = "consents"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    policy_version: Mapped[str]
    locale: Mapped[str]
    text_sha256: Mapped[str]
    text: Mapped[str]
    purposes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    provider: Mapped[str]
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    address_digest: Mapped[str | None]
    user_agent: Mapped[str | None]


def find_current(person_id: UUID) -> Consent | None:
    """Return the person's standing consent to the version of the policy that counts now."""
    return db.session.scalar(
        select(Consent)
        .where(
            Consent.person_id == person_id,
            Consent.policy_version == select_policy_version(),
            Consent.withdrawn_at.is_(None),
        )
        .order_by(Consent.given_at.desc())
        .limit(1)
    )


def list_active(person_id: UUID) -> list[Consent]:
    """Return what the person agreed to, in any version, and has not withdrawn."""
    return list(
        db.session.scalars(select(Consent).where(Consent.person_id == person_id, Consent.withdrawn_at.is_(None)))
    )


def list_by_person(person_id: UUID) -> list[Consent]:
    """Return everything the person ever agreed to, withdrawn or not, the oldest first."""
    return list(db.session.scalars(select(Consent).where(Consent.person_id == person_id).order_by(Consent.given_at)))


def has_active_consent(person_id: UUID) -> bool:
    """Return whether the person agreed to any version of the policy and has not withdrawn that since."""
    query = select(Consent.id).where(Consent.person_id == person_id, Consent.withdrawn_at.is_(None)).limit(1)
    return db.session.scalar(query) is not None


def find_withdrawn_at(person_id: UUID) -> datetime | None:
    """Return when the person withdrew the last of all their consents; None while one stands or without any."""
    query = select(func.max(Consent.withdrawn_at)).where(Consent.person_id == person_id)
    return db.session.scalar(query.having(func.bool_and(Consent.withdrawn_at.is_not(None))))


def count_people_with_consent() -> int:
    """Count the people with a standing consent to the version of the policy that counts now."""
    query = select(func.count(func.distinct(Consent.person_id))).where(
        Consent.withdrawn_at.is_(None), Consent.policy_version == select_policy_version()
    )
    return db.session.scalar(query) or 0
