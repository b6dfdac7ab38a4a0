"""Erasures: what is being deleted about a person and how far that is; and tombstones of the provider's sessions."""

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
from portal.domain.erasure import ErasureScope, ErasureStep
from portal.models.deliveries import Delivery
from portal.models.people import Person
from portal.models.shoots import Shoot


class Erasure(Base):
    """One erasure of a person's data, kept as its receipt. It holds ids and times, no name and no address.

    Attributes:
        person_id: whose data; for the scope ``everything`` that row is gone once ``local_at`` is set.
        scope: an :class:`ErasureScope`.
        steps: time of each finished :class:`ErasureStep`, ISO 8601.
        local_at: when everything in the portal was deleted.
        finished_at: when the provider had confirmed its deletion as well.
        shoot_ids: the person's shoots at the time of the request.
        photo_ids: the photos to delete.
        kit_ids: the kits to delete; with ``archive_ids`` needed after their rows are gone.
        kept_photo_id: the chosen headshot that stays, in the scope ``unchosen``.
        provider_ids: the provider's sessions whose deletion is not confirmed yet.
        email: sealed, while a session may exist at the provider whose id never reached the portal; None otherwise.
        consents: which texts were agreed to and when: proof that outlives the person's data.
    """

    __tablename__ = "erasures"
    __table_args__ = (
        Index(
            "uq_erasures_open_everything",
            "person_id",
            unique=True,
            postgresql_where=text("finished_at IS NULL AND scope = 'everything'"),
        ),
        Index("ix_erasures_person_id", "person_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    person_id: Mapped[UUID]
    scope: Mapped[str] = mapped_column(default=str(ErasureScope.EVERYTHING), server_default="everything")
    steps: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict, server_default="{}")
    requested_at: Mapped[datetime]
    local_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    shoot_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    photo_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    kit_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), default=list, server_default="{}")
    archive_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), default=list, server_default="{}")
    kept_photo_id: Mapped[UUID | None]
    provider_ids: Mapped[list[str]] = mapped_column(ARRAY(Text))
    email: Mapped[bytes | None]
    consents: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)

    @property
    def is_everything(self) -> bool:
        """Whether the person is deleted as well."""
        return self.scope == ErasureScope.EVERYTHING

    def mark_step(self, step: ErasureStep, now: datetime) -> None:
        """Record that a step is done; the first time counts."""
        if step not in self.steps:
            self.steps = {**self.steps, str(step): now.isoformat()}


class Tombstone(Base):
    """The digest of a deleted session of the provider: nothing about that session is stored any more."""

    __tablename__ = "tombstones"

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    erased_at: Mapped[datetime]


def find_by_id(erasure_id: UUID) -> Erasure | None:
    """Return one erasure, freshly read."""
    return db.session.get(Erasure, erasure_id, populate_existing=True)


def lock_erasure(erasure_id: UUID) -> Erasure | None:
    """Return one erasure, freshly read and locked until the transaction ends."""
    query = select(Erasure).where(Erasure.id == erasure_id).with_for_update()
    return db.session.scalar(query.execution_options(populate_existing=True))


def find_open(person_id: UUID) -> Erasure | None:
    """Return the unfinished erasure of everything about this person."""
    return db.session.scalar(
        select(Erasure).where(
            Erasure.person_id == person_id,
            Erasure.finished_at.is_(None),
            Erasure.scope == ErasureScope.EVERYTHING,
        )
    )


def find_latest(person_id: UUID) -> Erasure | None:
    """Return the person's newest erasure, finished or not."""
    query = select(Erasure).where(Erasure.person_id == person_id).order_by(Erasure.requested_at.desc()).limit(1)
    return db.session.scalar(query.execution_options(populate_existing=True))


def list_by_person(person_id: UUID) -> list[Erasure]:
    """List the erasures of a person, the newest first."""
    query = select(Erasure).where(Erasure.person_id == person_id)
    return list(db.session.scalars(query.order_by(Erasure.requested_at.desc())))


def has_unfinished(person_id: UUID) -> bool:
    """Return whether any erasure of this person, of any scope, is not finished."""
    query = select(Erasure.id).where(Erasure.person_id == person_id, Erasure.finished_at.is_(None)).limit(1)
    return db.session.scalar(query) is not None


def list_unfinished(*, before: datetime | None = None) -> list[UUID]:
    """List the unfinished erasures, those requested before a time or all, the oldest first."""
    query = select(Erasure.id).where(Erasure.finished_at.is_(None))
    if before is not None:
        query = query.where(Erasure.requested_at < before)
    return list(db.session.scalars(query.order_by(Erasure.requested_at)))


def count_unfinished() -> tuple[int, datetime | None]:
    """Count the unfinished erasures; return also when the oldest of them was requested."""
    query = select(func.count(), func.min(Erasure.requested_at)).where(Erasure.finished_at.is_(None))
    count, oldest = db.session.execute(query).one()
    return count, oldest


def confirm_deletion(provider_id: str) -> list[UUID]:
    """Record that the provider has deleted a session; return the erasures that waited for it."""
    waiting = select(Erasure).where(Erasure.finished_at.is_(None), Erasure.provider_ids.contains([provider_id]))
    found = list(db.session.scalars(waiting.with_for_update()))
    for erasure in found:
        erasure.provider_ids = [each for each in erasure.provider_ids if each != provider_id]
    return [erasure.id for erasure in found]


def list_people_with_email(email: str) -> list[UUID]:
    """List the people with this address in any spelling; there may be several."""
    query = select(Person.id).where(func.lower(Person.email) == email.strip().lower()).order_by(Person.id)
    return list(db.session.scalars(query))


def add_tombstones(digests: Iterable[bytes], now: datetime) -> None:
    """Add the tombstones of sessions, given as digests of :func:`compute_session_digest`."""
    rows = [{"digest": digest, "erased_at": now} for digest in digests]
    if rows:
        db.session.execute(insert(Tombstone).values(rows).on_conflict_do_nothing())


def has_tombstone(provider_id: str) -> bool:
    """Return whether this session of the provider was erased."""
    return db.session.get(Tombstone, compute_session_digest(provider_id)) is not None


def delete_delivery_contents(provider_ids: list[str]) -> None:
    """Delete what webhooks contained about these sessions; their keys stay, so that repeats are still recognized."""
    about = Delivery.model_id.in_(provider_ids)
    db.session.execute(update(Delivery).where(about).values(body=None, headers=None, outcome=None))
    db.session.execute(update(Delivery).where(about, Delivery.state.in_(("pending", "dead"))).values(state="ignored"))


def delete_person(person_id: UUID) -> None:
    """Delete a person's row and, by its foreign keys, everything that belongs to it."""
    db.session.execute(delete(Person).where(Person.id == person_id).execution_options(synchronize_session=False))


def list_people_not_erased() -> Iterator[UUID]:
    """Yield the people who exist although their erasure has deleted their rows."""
    query = select(Person.id).join(Erasure, Erasure.person_id == Person.id)
    yield from db.session.scalars(query.where(Erasure.local_at.is_not(None), Erasure.scope == ErasureScope.EVERYTHING))


def list_shoots_with_tombstone() -> Iterator[UUID]:
    """Yield the shoots whose session at the provider has a tombstone, except while they are being erased."""
    digest = func.sha256(func.convert_to("session:" + Shoot.provider_id, "UTF8"))
    gone = select(Erasure.person_id).where(Erasure.local_at.is_(None))
    query = select(Shoot.id).join(Tombstone, Tombstone.digest == digest)
    yield from db.session.scalars(query.where(Shoot.person_id.not_in(gone)))


def compute_session_digest(provider_id: str) -> bytes:
    """Return the digest under which a session of the provider has its tombstone."""
    # The provider's ids are long and random, so that trying ids finds nothing.
    return hashlib.sha256(f"session:{provider_id}".encode()).digest()


def has_started_since(person_id: UUID, since: datetime) -> bool:
    """Return whether an erasure of any scope was requested for this person since this time."""
    query = select(Erasure.id).where(Erasure.person_id == person_id, Erasure.requested_at >= since).limit(1)
    return db.session.scalar(query) is not None


def delete_receipts(erasure_ids: list[UUID]) -> None:
    """Delete finished erasures, after their stored records."""
    db.session.execute(delete(Erasure).where(Erasure.id.in_(erasure_ids), Erasure.finished_at.is_not(None)))


def delete_tombstones(before: datetime) -> None:
    """Delete the tombstones set before this time, unless an erasure of that time still waits for the provider."""
    is_waiting = select(Erasure.id).where(Erasure.finished_at.is_(None), Erasure.requested_at < before).exists()
    db.session.execute(delete(Tombstone).where(Tombstone.erased_at < before, ~is_waiting))
