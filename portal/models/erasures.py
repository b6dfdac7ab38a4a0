"""Erasures: whose data goes and how far that is; and tombstones, by which an erased session stays unknown."""

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
    """One person's erasure, kept as the receipt of it.

    Attributes:
        person_id: who it was; the row it named is gone once ``local_at`` is set.
        local_at: when nothing of theirs was left with us.
        finished_at: when the provider had confirmed that nothing is left there either.
        provider_ids: the sessions that are still to be deleted at the provider.
        email: sealed, while a session may exist at the provider whose id never reached us; None otherwise.
        consents: which texts were agreed to and when, the proof that outlives the person's data.
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
    """A session of somebody who was erased: whatever is still said about it is not kept."""

    __tablename__ = "tombstones"

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    erased_at: Mapped[datetime]


def find_by_id(erasure_id: UUID) -> Erasure | None:
    """Return one erasure, freshly read."""
    return db.session.get(Erasure, erasure_id, populate_existing=True)


def lock_erasure(erasure_id: UUID) -> Erasure | None:
    """Return one erasure, holding other writers until the transaction ends."""
    query = select(Erasure).where(Erasure.id == erasure_id).with_for_update()
    return db.session.scalar(query.execution_options(populate_existing=True))


def find_open(person_id: UUID) -> Erasure | None:
    """Return the erasure of this person that is not finished."""
    return db.session.scalar(select(Erasure).where(Erasure.person_id == person_id, Erasure.finished_at.is_(None)))


def list_unfinished(*, before: datetime | None = None) -> list[UUID]:
    """Return the erasures, those asked for before a moment or all, that are not finished, the oldest first."""
    query = select(Erasure.id).where(Erasure.finished_at.is_(None))
    if before is not None:
        query = query.where(Erasure.requested_at < before)
    return list(db.session.scalars(query.order_by(Erasure.requested_at)))


def count_unfinished() -> tuple[int, datetime | None]:
    """Return how many erasures are not finished, and since when the oldest of them is wanted."""
    query = select(func.count(), func.min(Erasure.requested_at)).where(Erasure.finished_at.is_(None))
    count, oldest = db.session.execute(query).one()
    return count, oldest


def list_people_with_email(email: str) -> list[UUID]:
    """Return everybody who signed in with this address, however it is spelled; there may be several."""
    query = select(Person.id).where(func.lower(Person.email) == email.strip().lower()).order_by(Person.id)
    return list(db.session.scalars(query))


def add_tombstones(provider_ids: Iterable[str], now: datetime) -> None:
    """Make sure that these sessions stay unknown to us from now on."""
    rows = [{"digest": _digest(provider_id), "erased_at": now} for provider_id in provider_ids]
    if rows:
        db.session.execute(insert(Tombstone).values(rows).on_conflict_do_nothing())


def has_tombstone(provider_id: str) -> bool:
    """Return whether this is the session of somebody who was erased."""
    return db.session.get(Tombstone, _digest(provider_id)) is not None


def delete_delivery_contents(provider_ids: list[str]) -> None:
    """Delete what webhooks said about these sessions; their keys stay, so that repeats are still known."""
    about = Delivery.model_id.in_(provider_ids)
    db.session.execute(update(Delivery).where(about).values(body=None, outcome=None))
    db.session.execute(update(Delivery).where(about, Delivery.state.in_(("pending", "dead"))).values(state="ignored"))


def delete_person(person_id: UUID) -> None:
    """Delete a person's row and, with it, everything that belongs to it."""
    db.session.execute(delete(Person).where(Person.id == person_id).execution_options(synchronize_session=False))


def list_people_not_erased() -> Iterator[UUID]:
    """Yield the people who should be gone by their erasure and are not."""
    query = select(Person.id).join(Erasure, Erasure.person_id == Person.id).where(Erasure.local_at.is_not(None))
    yield from db.session.scalars(query)


def list_shoots_with_tombstone() -> Iterator[UUID]:
    """Yield the shoots of people who are here whose session is that of somebody erased."""
    digest = func.sha256(func.convert_to("session:" + Shoot.provider_id, "UTF8"))
    gone = select(Erasure.person_id).where(Erasure.local_at.is_(None))
    query = select(Shoot.id).join(Tombstone, Tombstone.digest == digest)
    yield from db.session.scalars(query.where(Shoot.person_id.not_in(gone)))


def _digest(provider_id: str) -> bytes:
    # The provider's ids are long and random, so that nobody finds one by trying.
    return hashlib.sha256(f"session:{provider_id}".encode()).digest()
