"""Marks of a person on their photos: shortlisted or skipped; the latest act on a photo counts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, db


class Mark(StrEnum):
    """What a person thinks of a photo while choosing."""

    SHORTLIST = "shortlist"
    SKIP = "skip"
    NONE = "none"


class PhotoMark(Base):
    """The latest mark of one photo. ``acted_at`` is the time of the press, on whichever device it was."""

    __tablename__ = "photo_marks"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    photo_id: Mapped[UUID] = mapped_column(ForeignKey("photos.id", ondelete="CASCADE"), primary_key=True, index=True)
    mark: Mapped[str]
    acted_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


def list_marks(person_id: UUID) -> Mapping[UUID, Mark]:
    """Return the marks of a person by photo; photos without one are absent."""
    query = select(PhotoMark.photo_id, PhotoMark.mark).where(
        PhotoMark.person_id == person_id, PhotoMark.mark != Mark.NONE
    )
    return {photo_id: Mark(mark) for photo_id, mark in db.session.execute(query)}


def store_mark(person_id: UUID, photo_id: UUID, mark: Mark, *, acted_at: datetime, now: datetime) -> bool:
    """Store a mark unless a later act on the same photo is stored already.

    Returns:
        False when a later act, made on another device, stays.
    """
    values = {"mark": str(mark), "acted_at": acted_at, "recorded_at": now}
    statement = insert(PhotoMark).values(person_id=person_id, photo_id=photo_id, **values)
    statement = statement.on_conflict_do_update(
        index_elements=[PhotoMark.person_id, PhotoMark.photo_id],
        set_=values,
        where=PhotoMark.acted_at <= acted_at,
    )
    return db.session.execute(statement.returning(PhotoMark.photo_id)).first() is not None
