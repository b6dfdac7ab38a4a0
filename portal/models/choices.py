"""Choices: every time a person picked a headshot, here or in the studio; the latest act counts."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, ScalarSelect, Select, UniqueConstraint, select, text, update
from sqlalchemy.orm import InstrumentedAttribute, Mapped, aliased, mapped_column

from portal.db import Base, db
from portal.domain.consent import UseAgreement
from portal.models.photos import AVAILABLE, Photo
from portal.models.shoots import Shoot


class Choice(Base):
    """One act of choosing a photo.

    Attributes:
        person_id: who chose.
        shoot_id: the shoot of the photo; None for an own photo.
        origin: ``portal`` or ``studio``.
        key: makes repeats harmless.
        withdrawn_at: when the person took the choice back, and with it the agreement to the use of the photo.
        use_text: what the person agreed to by choosing, word for word; None for a pick in the studio.
    """

    __tablename__ = "choices"
    __table_args__ = (
        UniqueConstraint("shoot_id", "key"),
        Index("ix_choices_person_id_acted_at", "person_id", "acted_at"),
        Index("ix_choices_standing", "person_id", postgresql_where=text("withdrawn_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    shoot_id: Mapped[UUID | None] = mapped_column(ForeignKey("shoots.id", ondelete="CASCADE"))
    photo_id: Mapped[UUID] = mapped_column(ForeignKey("photos.id", ondelete="CASCADE"), index=True)
    origin: Mapped[str]
    key: Mapped[str]
    acted_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    use_text: Mapped[str | None]
    use_text_sha256: Mapped[str | None]
    use_locale: Mapped[str | None]
    use_policy_version: Mapped[str | None]


def find_current(person_id: UUID) -> Choice | None:
    """Return the person's latest standing choice of a photo that can be shown, across all shoots and own photos."""
    return db.session.scalar(_select_latest().where(Choice.person_id == person_id))


def find_latest_from(shoot_id: UUID, origin: str) -> Choice | None:
    """Return the latest standing choice of a photo of this shoot that was made in one place."""
    return db.session.scalar(_select_latest().where(Choice.shoot_id == shoot_id, Choice.origin == origin))


def find_latest_pick(shoot_id: UUID) -> Choice | None:
    """Return the latest pick in the studio, also of a photo that is not in our storage."""
    return db.session.scalar(
        select(Choice)
        .where(Choice.shoot_id == shoot_id, Choice.origin == "studio", Choice.withdrawn_at.is_(None))
        .order_by(Choice.acted_at.desc(), Choice.recorded_at.desc())
        .limit(1)
    )


def _select_latest() -> Select[Choice]:
    return (
        select(Choice)
        .join(Photo, Photo.id == Choice.photo_id)
        .where(Choice.withdrawn_at.is_(None), AVAILABLE)
        .order_by(Choice.acted_at.desc(), Choice.recorded_at.desc())
        .limit(1)
    )


def find_choice(choice_id: UUID, person_id: UUID) -> Choice | None:
    """Return one choice of this person."""
    return db.session.scalar(select(Choice).where(Choice.id == choice_id, Choice.person_id == person_id))


def list_use_agreements(person_id: UUID) -> list[Choice]:
    """Return the choices by which the person agreed to the use of a photo, withdrawn or not, the newest first."""
    query = select(Choice).where(Choice.person_id == person_id, Choice.use_text.is_not(None))
    return list(db.session.scalars(query.order_by(Choice.acted_at.desc())))


def withdraw_all(person_id: UUID, now: datetime) -> int:
    """Withdraw every standing choice of a person, and with it the agreement to the use of the photo."""
    query = update(Choice).where(Choice.person_id == person_id, Choice.withdrawn_at.is_(None))
    return len(db.session.scalars(query.values(withdrawn_at=now).returning(Choice.id)).all())


def find_by_key(shoot_id: UUID, key: str) -> Choice | None:
    """Return the act already recorded under this key."""
    return db.session.scalar(select(Choice).where(Choice.shoot_id == shoot_id, Choice.key == key))


def create_choice(
    person_id: UUID,
    photo: Photo,
    *,
    origin: str,
    key: str,
    acted_at: datetime,
    now: datetime,
    agreement: UseAgreement | None = None,
) -> Choice:
    """Add one choice in the caller's transaction; ``agreement`` is what the person agreed to by making it."""
    choice = Choice(
        person_id=person_id,
        shoot_id=photo.shoot_id,
        photo_id=photo.id,
        origin=origin,
        key=key,
        acted_at=acted_at,
        recorded_at=now,
    )
    if agreement is not None:
        choice.use_text, choice.use_text_sha256 = agreement.text, agreement.sha256
        choice.use_locale, choice.use_policy_version = agreement.locale, agreement.version
    db.session.add(choice)
    db.session.flush()
    return choice


def build_current_id(person_id: InstrumentedAttribute[Any]) -> ScalarSelect[UUID]:
    """Return the subquery for the id of the current choice of the person that a column of the outer query names."""
    choice = aliased(Choice)
    return _narrow_to_current(select(choice.id), choice, person_id)


def build_current_photo_id(person_id: InstrumentedAttribute[Any]) -> ScalarSelect[UUID]:
    """Return the subquery for the photo of the current choice of the person that a column of the outer query names."""
    choice = aliased(Choice)
    return _narrow_to_current(select(choice.photo_id), choice, person_id)


def _narrow_to_current(
    query: Select[UUID], choice: type[Choice], person_id: InstrumentedAttribute[Any]
) -> ScalarSelect[UUID]:
    photo = aliased(Photo)
    return (
        query.join(photo, photo.id == choice.photo_id)
        .where(choice.person_id == person_id, choice.withdrawn_at.is_(None))
        .where(photo.copied_at.is_not(None), photo.removed_at.is_(None))
        .order_by(choice.acted_at.desc(), choice.recorded_at.desc())
        .limit(1)
        .scalar_subquery()
    )


def list_unchosen_photo_ids(shoot_ids: list[UUID]) -> list[UUID]:
    """Return the photos of these shoots that are not removed and not the person's present choice."""
    query = (
        select(Photo.id)
        .join(Shoot, Shoot.id == Photo.shoot_id)
        .where(Photo.shoot_id.in_(shoot_ids), Photo.removed_at.is_(None))
        .where(Photo.id.is_distinct_from(build_current_photo_id(Shoot.person_id)))
    )
    return list(db.session.scalars(query))
