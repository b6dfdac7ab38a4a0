"""Notices: which mail is owed to whom and for what, each once; no address and no word of a mail is kept."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, db


class Notice(Base):
    """One mail that is owed, and what became of it.

    Without a person it goes to the support address. It waits while neither ``sent_at`` nor ``dropped_at`` is
    set. ``reason`` is a constant.
    """

    __tablename__ = "notices"
    __table_args__ = (
        # The promise that nobody is told the same thing twice.
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
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    dropped_at: Mapped[datetime | None]
    reason: Mapped[str | None]


def add(kind: str, occasion: str, *, person_id: UUID | None, shoot_id: UUID | None, now: datetime) -> UUID | None:
    """Keep in the caller's transaction that a mail is owed; return its id, None if it was owed before."""
    query = (
        insert(Notice)
        .values(id=uuid4(), kind=kind, occasion=occasion, person_id=person_id, shoot_id=shoot_id, created_at=now)
        .on_conflict_do_nothing()
        .returning(Notice.id)
    )
    return db.session.scalar(query)


def lock(notice_id: UUID) -> Notice | None:
    """Return the notice freshly read, holding other writers until the transaction ends."""
    return db.session.scalar(
        select(Notice).where(Notice.id == notice_id).with_for_update().execution_options(populate_existing=True)
    )


def waiting(before: datetime) -> list[UUID]:
    """Return the notices that are owed since before this moment, the oldest first."""
    query = (
        select(Notice.id)
        .where(Notice.sent_at.is_(None), Notice.dropped_at.is_(None), Notice.created_at < before)
        .order_by(Notice.created_at)
    )
    return list(db.session.scalars(query))
