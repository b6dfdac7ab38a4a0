"""Notifications: one row for each e-mail that is owed; neither addresses nor texts are stored."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, ForeignKey, Index, delete, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, db


class Notification(Base):
    """One e-mail that is owed, sent or dropped.

    Attributes:
        person_id: the recipient; None for the support address and for an entry of the roster.
        roster_entry_id: the recipient of a campaign's mail; the occasion contains it.
        occasion: what caused it; the same person gets one notification of a kind for each occasion.
        sent_at: when the mail server accepted it. It is pending while neither this nor ``dropped_at`` is set.
        reason: why it was dropped, a constant.
    """

    __tablename__ = "notices"
    __table_args__ = (
        # At most one notification of a kind for each person and occasion.
        Index(
            "uq_notices_person",
            "person_id",
            "kind",
            "occasion",
            unique=True,
            postgresql_where=text("person_id IS NOT NULL"),
        ),
        Index("uq_notices_support", "kind", "occasion", unique=True, postgresql_where=text("person_id IS NULL")),
        Index("ix_notices_waiting", "created_at", postgresql_where=text("sent_at IS NULL AND dropped_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    kind: Mapped[str]
    occasion: Mapped[str]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    shoot_id: Mapped[UUID | None] = mapped_column(ForeignKey("shoots.id", ondelete="CASCADE"), index=True)
    roster_entry_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("roster_entries.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    dropped_at: Mapped[datetime | None]
    reason: Mapped[str | None]


def create_notification(
    kind: str,
    occasion: str,
    *,
    person_id: UUID | None,
    shoot_id: UUID | None,
    now: datetime,
    roster_entry_id: UUID | None = None,
) -> UUID | None:
    """Create a notification in the caller's transaction; return its id, None if it exists already."""
    query = (
        insert(Notification)
        .values(
            id=uuid4(),
            kind=kind,
            occasion=occasion,
            person_id=person_id,
            shoot_id=shoot_id,
            roster_entry_id=roster_entry_id,
            created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(Notification.id)
    )
    return db.session.scalar(query)


def lock_notification(notification_id: UUID) -> Notification | None:
    """Return the notification freshly read, holding other writers until the transaction ends."""
    return db.session.scalar(
        select(Notification)
        .where(Notification.id == notification_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def list_pending(before: datetime) -> list[UUID]:
    """List the ids of the pending notifications created before this time, the oldest first."""
    query = (
        select(Notification.id)
        .where(Notification.sent_at.is_(None), Notification.dropped_at.is_(None), Notification.created_at < before)
        .order_by(Notification.created_at)
    )
    return list(db.session.scalars(query))


def list_of_entry(roster_entry_id: UUID) -> list[Notification]:
    """List the notifications of a roster entry, the newest first."""
    query = select(Notification).where(Notification.roster_entry_id == roster_entry_id)
    return list(db.session.scalars(query.order_by(Notification.created_at.desc())))


def _is_about(person_id: UUID, shoot_ids: list[UUID]) -> ColumnElement[bool]:
    return or_(Notification.person_id == person_id, Notification.shoot_id.in_(shoot_ids))


def list_ids_by_person(person_id: UUID, shoot_ids: list[UUID]) -> list[UUID]:
    """Return the ids of the notifications to a person or about one of these shoots of theirs."""
    return list(db.session.scalars(select(Notification.id).where(_is_about(person_id, shoot_ids))))


def delete_by_person(person_id: UUID, shoot_ids: list[UUID]) -> None:
    """Delete the notifications to a person or about one of these shoots of theirs."""
    db.session.execute(delete(Notification).where(_is_about(person_id, shoot_ids)))
