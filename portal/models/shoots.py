"""Shoots: one headshot session each, the provider's *model*; at most one of a person's is open."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, delete, func, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, db

_IS_WAITING = text("closed_at IS NULL AND provider_id IS NULL AND problem IS NULL AND left_at IS NULL")


class Shoot(Base):
    """One headshot session.

    The row is created before the call to the provider, so that a second press, a crash or a lost response
    all find it again.

    Attributes:
        requested_at: when start was pressed; with ``ticket`` it is the queue position.
        attempts: number of the latest attempt to create the session.
        attempted_at: start of the running attempt; None when none is running.
        attempts_without_session: up to this attempt it is certain that none created a session.
        failures: attempts in a row that failed for a reason of this session's own.
        retry_at: earliest next attempt after such a failure; the position is kept.
        photos_awaited_since: when waiting for the photos of the present run began, or began again.
        photos_checked_at: when the provider's list of photos was last compared.
        address_number: number of the variant of the person's address that the provider gets; None for the address.
        left_at: when the shoot left the queue, such as after a withdrawal of consent.
    """

    __tablename__ = "shoots"
    __table_args__ = (
        Index("uq_shoots_open", "person_id", unique=True, postgresql_where=text("closed_at IS NULL")),
        Index("ix_shoots_waiting", "requested_at", "ticket", postgresql_where=_IS_WAITING),
        Index(
            "ix_shoots_without_credit",
            "requested_at",
            "ticket",
            postgresql_where=text("closed_at IS NULL AND problem = 'no_credits'"),
        ),
        Index("ix_shoots_finished_at", "finished_at"),
        Index(
            "ix_shoots_unfinished",
            text("COALESCE(status_since, requested_at)"),
            postgresql_where=text("closed_at IS NULL AND copied_at IS NULL"),
        ),
        Index("ix_shoots_open", "provider_status", postgresql_where=text("closed_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    provider: Mapped[str]
    provider_id: Mapped[str | None] = mapped_column(unique=True)
    provider_status: Mapped[str | None]
    status_at: Mapped[datetime | None]
    status_since: Mapped[datetime | None]
    missing_since: Mapped[datetime | None]
    signed_url: Mapped[bytes | None]
    is_development: Mapped[bool] = mapped_column(default=False)
    problem: Mapped[str | None]
    requested_at: Mapped[datetime]
    ticket: Mapped[int] = mapped_column(BigInteger, Identity(always=False))
    left_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    attempted_at: Mapped[datetime | None]
    attempts_without_session: Mapped[int] = mapped_column("ruled_out", default=0)
    failures: Mapped[int] = mapped_column(default=0)
    retry_at: Mapped[datetime | None] = mapped_column("rests_until")
    adoption_allowed_at: Mapped[datetime | None]
    address_number: Mapped[int | None] = mapped_column(BigInteger)
    minted_at: Mapped[datetime | None]
    opened_at: Mapped[datetime | None]
    last_opened_at: Mapped[datetime | None]
    restarted_at: Mapped[datetime | None]
    stuck_notified_at: Mapped[datetime | None] = mapped_column("stuck_told_at")
    finished_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[str | None]
    photo_count: Mapped[int] = mapped_column(default=0)
    photos_awaited_since: Mapped[datetime | None]
    photos_checked_at: Mapped[datetime | None]
    copied_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]


def find_by_id(shoot_id: UUID) -> Shoot | None:
    """Return the shoot with this id."""
    return db.session.get(Shoot, shoot_id)


def lock_shoot(shoot_id: UUID) -> Shoot | None:
    """Return the shoot freshly read, holding other writers until the transaction ends."""
    return db.session.scalar(
        select(Shoot).where(Shoot.id == shoot_id).with_for_update().execution_options(populate_existing=True)
    )


def find_by_provider_id(provider_id: str) -> Shoot | None:
    """Return the shoot with this provider id."""
    return db.session.scalar(select(Shoot).where(Shoot.provider_id == provider_id))


def find_open(person_id: UUID) -> Shoot | None:
    """Return the person's open shoot; the database allows only one."""
    return db.session.scalar(select(Shoot).where(Shoot.person_id == person_id, Shoot.closed_at.is_(None)))


def find_latest(person_id: UUID) -> Shoot | None:
    """Return the person's open shoot, or else the newest one."""
    return db.session.scalar(
        select(Shoot)
        .where(Shoot.person_id == person_id)
        .order_by(Shoot.closed_at.is_not(None), Shoot.requested_at.desc())
        .limit(1)
    )


def list_provider_ids(person_ids: list[UUID]) -> list[str]:
    """List the provider's ids of all shoots of these people."""
    query = select(Shoot.provider_id).where(Shoot.person_id.in_(person_ids), Shoot.provider_id.is_not(None))
    return [provider_id for provider_id in db.session.scalars(query) if provider_id]


def list_by_person(person_id: UUID) -> list[Shoot]:
    """Return every shoot of a person, the newest first."""
    query = select(Shoot).where(Shoot.person_id == person_id)
    return list(db.session.scalars(query.order_by(Shoot.requested_at.desc(), Shoot.id)))


def lock_by_person(person_id: UUID) -> list[Shoot]:
    """Return all shoots of a person, freshly read, holding other writers until the transaction ends."""
    query = select(Shoot).where(Shoot.person_id == person_id).order_by(Shoot.id).with_for_update()
    return list(db.session.scalars(query, execution_options={"populate_existing": True}))


def find_highest_address_number(person_id: UUID) -> int | None:
    """Return the highest variant of the person's address that one of their shoots was created with."""
    return db.session.scalar(select(func.max(Shoot.address_number)).where(Shoot.person_id == person_id))


def delete_shoots(shoot_ids: list[UUID]) -> None:
    """Delete shoots with everything that belongs to them, after the files of their photos."""
    db.session.execute(delete(Shoot).where(Shoot.id.in_(shoot_ids)).execution_options(synchronize_session=False))


def clear_provider_id(shoot_id: UUID) -> None:
    """Remove the provider's id and link from a closed shoot whose session was deleted there."""
    db.session.execute(update(Shoot).where(Shoot.id == shoot_id).values(provider_id=None, signed_url=None))


def list_in_progress() -> list[Shoot]:
    """Return the open shoots that are past the studio, not copied and without a problem."""
    query = select(Shoot).where(
        Shoot.closed_at.is_(None),
        Shoot.provider_status.is_not(None),
        Shoot.provider_status != "onboarding",
        Shoot.copied_at.is_(None),
        Shoot.problem.is_(None),
    )
    return list(db.session.scalars(query))


def list_unfinished_provider_ids() -> set[str]:
    """Return the provider ids of the open shoots that are not copied."""
    query = select(Shoot.provider_id).where(
        Shoot.closed_at.is_(None), Shoot.provider_id.is_not(None), Shoot.copied_at.is_(None)
    )
    return {provider_id for provider_id in db.session.scalars(query) if provider_id}


def list_open_ids() -> dict[str, UUID]:
    """Return our id of every open shoot with a provider id, by provider id."""
    query = select(Shoot.provider_id, Shoot.id).where(Shoot.closed_at.is_(None), Shoot.provider_id.is_not(None))
    return {provider_id: shoot_id for provider_id, shoot_id in db.session.execute(query) if provider_id}


def count_finished(since: datetime) -> int:
    """Count the sessions that finished since a moment."""
    return db.session.scalar(select(func.count()).select_from(Shoot).where(Shoot.finished_at >= since)) or 0


def list_never_confirmed(missing_before: datetime) -> list[Shoot]:
    """Return open shoots whose session is missing since before this moment and only the create ever named."""
    query = select(Shoot).where(
        Shoot.closed_at.is_(None), Shoot.confirmed_by == "create", Shoot.missing_since <= missing_before
    )
    return list(db.session.scalars(query))


def list_missing(before: datetime) -> list[UUID]:
    """Return the ids of open shoots whose session is missing at the provider since before this moment."""
    return list(db.session.scalars(select(Shoot.id).where(Shoot.closed_at.is_(None), Shoot.missing_since < before)))


def list_ids_copied_before(before: datetime, *, after: UUID | None, limit: int) -> list[UUID]:
    """Return ids of shoots copied before this moment, in their order, beginning above ``after``."""
    query = select(Shoot.id).where(Shoot.copied_at < before).order_by(Shoot.id).limit(limit)
    if after is not None:
        query = query.where(Shoot.id > after)
    return list(db.session.scalars(query))


def list_without_photos(shoot_ids: list[UUID] | None = None) -> list[Shoot]:
    """Return open shoots that were copied, have no photo left to show and are not marked as a problem.

    Args:
        shoot_ids: only these; None for all.
    """
    # Text, because photos already import this module.
    left = text(
        "NOT EXISTS (SELECT 1 FROM photos WHERE photos.shoot_id = shoots.id "
        "AND photos.copied_at IS NOT NULL AND photos.removed_at IS NULL)"
    )
    query = select(Shoot).where(Shoot.closed_at.is_(None), Shoot.copied_at.is_not(None), Shoot.problem.is_(None), left)
    if shoot_ids is not None:
        query = query.where(Shoot.id.in_(shoot_ids))
    return list(db.session.scalars(query))
