"""Erasures with their progress, and tombstones: digests of erased sessions, whose webhooks are ignored."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Index, Text, Uuid, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, db
from portal.models.deliveries import Delivery
from portal.models.people import Person
from portal.models.shoots import Shoot


class Erasure(Base):
    """One person's erasure, kept as its receipt.

    Attributes:
        person_id: id of the person, whose row is deleted once ``local_at`` is set.
        local_at: when all data of the person was deleted in the portal.
        finished_at: when the provider had confirmed the deletion of all its sessions.
        provider_ids: sessions that are not deleted at the provider yet.
        email: encrypted, while the provider may have a session whose id was never received; None otherwise.
        consents: texts the person agreed to, with times; evidence that is kept after the erasure.
    """

    __tablename__ = "erasures"
    __table_args__ = (
        Index("uq_erasures_open", "person_id", unique=True, postgresql_where=text("finished_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    person_id: Mapped[UUID]
    requested_at: Mapped[datetime]
    local_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    shoot_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    photo_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    provider_ids: Mapped[list[str]] = mapped_column(ARRAY(Text))
    email: Mapped[bytes | None]
    consents: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)


class Tombstone(Base):
    """Digest of an erased person's session: later data about the session is not stored."""

    __tablename__ = "tombstones"

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    erased_at: Mapped[datetime]


def find_by_id(erasure_id: UUID) -> Erasure | None:
    """Return one erasure, read from the database again; None if there is none."""
    return db.session.get(Erasure, erasure_id, populate_existing=True)


def lock_erasure(erasure_id: UUID) -> Erasure | None:
    """Lock and return one erasure; None if there is none."""
    query = select(Erasure).where(Erasure.id == erasure_id).with_for_update()
    return db.session.scalar(query.execution_options(populate_existing=True))


def find_open(person_id: UUID) -> Erasure | None:
    """Return this person's unfinished erasure, None if there is none."""
    return db.session.scalar(select(Erasure).where(Erasure.person_id == person_id, Erasure.finished_at.is_(None)))


def list_unfinished(*, before: datetime | None = None) -> list[UUID]:
    """List unfinished erasures, the oldest first: all, or those requested before a time."""
    query = select(Erasure.id).where(Erasure.finished_at.is_(None))
    if before is not None:
        query = query.where(Erasure.requested_at < before)
    return list(db.session.scalars(query.order_by(Erasure.requested_at)))


def count_unfinished() -> tuple[int, datetime | None]:
    """Return the number of unfinished erasures, and when the oldest of them was requested."""
    query = select(func.count(), func.min(Erasure.requested_at)).where(Erasure.finished_at.is_(None))
    count, oldest = db.session.execute(query).one()
    return count, oldest


def list_people_with_email(email: str) -> list[UUID]:
    """List the people who signed in with this address, case-insensitively; there may be several."""
    query = select(Person.id).where(func.lower(Person.email) == email.strip().lower()).order_by(Person.id)
    return list(db.session.scalars(query))


def add_tombstones(provider_ids: Iterable[str], now: datetime) -> None:
    """Add tombstones for these sessions; existing ones stay."""
    rows = [{"digest": _digest(provider_id), "erased_at": now} for provider_id in provider_ids]
    if rows:
        db.session.execute(insert(Tombstone).values(rows).on_conflict_do_nothing())


def has_tombstone(provider_id: str) -> bool:
    """Return whether this is an erased person's session."""
    return db.session.get(Tombstone, _digest(provider_id)) is not None


def delete_delivery_contents(provider_ids: list[str]) -> None:
    """Delete the contents of webhooks about these sessions; their keys stay, so that repeats are detected."""
    about = Delivery.model_id.in_(provider_ids)
    db.session.execute(update(Delivery).where(about).values(body=None, outcome=None))
    db.session.execute(update(Delivery).where(about, Delivery.state.in_(("pending", "dead"))).values(state="ignored"))


def delete_person(person_id: UUID) -> None:
    """Delete a person's row and, by foreign keys, all rows that belong to it."""
    db.session.execute(delete(Person).where(Person.id == person_id).execution_options(synchronize_session=False))


def list_people_not_erased() -> Iterator[UUID]:
    """Yield the ids of people whose erasure is recorded as done locally, but who still exist."""
    query = select(Person.id).join(Erasure, Erasure.person_id == Person.id).where(Erasure.local_at.is_not(None))
    yield from db.session.scalars(query)


def list_shoots_with_tombstone() -> Iterator[UUID]:
    """Yield the ids of existing shoots whose session has a tombstone, except during the person's erasure."""
    digest = func.sha256(func.convert_to("session:" + Shoot.provider_id, "UTF8"))
    being_erased = select(Erasure.person_id).where(Erasure.local_at.is_(None))
    query = select(Shoot.id).join(Tombstone, Tombstone.digest == digest)
    yield from db.session.scalars(query.where(Shoot.person_id.not_in(being_erased)))


def _digest(provider_id: str) -> bytes:
    # The provider's ids are long and random, so the digest cannot be reversed by trying ids.
    return hashlib.sha256(f"session:{provider_id}".encode()).digest()
