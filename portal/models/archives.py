"""Archives: ZIP files the worker builds for a download; each has progress and an end."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, db
from portal.models import people


class ArchiveKind(StrEnum):
    """What an archive holds."""

    PHOTOS = "photos"
    """Every photo of the person at full size."""
    KIT = "kit"
    """The files of the person's kit."""
    DATA = "data"
    """Everything stored about the person: photos and records."""


SINGLE_USE = frozenset({ArchiveKind.DATA})
"""Kinds that can be downloaded once."""


class ArchiveState(StrEnum):
    """How far an archive is."""

    PENDING = "pending"
    READY = "ready"
    FAILED = "failed"


class Archive(Base):
    """One ZIP file.

    Attributes:
        person_id: who requested it and alone may download it.
        done: entries written so far, of ``total``.
        storage_key: where the finished file is; None before.
        expires_at: after this moment it is deleted.
        downloaded_at: when it was downloaded first.
    """

    __tablename__ = "archives"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    kind: Mapped[str]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    file_name: Mapped[str]
    state: Mapped[str]
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    size: Mapped[int | None]
    sha256: Mapped[str | None]
    storage_key: Mapped[str | None] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    downloaded_at: Mapped[datetime | None]


def find_latest(person_id: UUID, kind: ArchiveKind, now: datetime) -> Archive | None:
    """Return the person's newest archive of this kind that has not expired."""
    query = (
        select(Archive)
        .where(Archive.person_id == person_id, Archive.kind == kind, Archive.expires_at > now)
        .order_by(Archive.created_at.desc())
        .limit(1)
    )
    return db.session.scalar(query.execution_options(populate_existing=True))


def lock_archive(archive_id: UUID) -> Archive | None:
    """Return an archive freshly read, holding other writers of it and of its person until the transaction ends."""
    people.lock_owner(select(Archive.person_id).where(Archive.id == archive_id).scalar_subquery())
    query = select(Archive).where(Archive.id == archive_id).with_for_update()
    return db.session.scalar(query.execution_options(populate_existing=True))


def list_expired(now: datetime, limit: int = 200) -> list[tuple[UUID, str | None]]:
    """Return id and storage key of archives whose time is over."""
    query = select(Archive.id, Archive.storage_key).where(Archive.expires_at <= now).limit(limit)
    return [(archive_id, key) for archive_id, key in db.session.execute(query)]


def list_ids_by_person(person_id: UUID) -> list[UUID]:
    """Return the ids of every archive of a person."""
    return list(db.session.scalars(select(Archive.id).where(Archive.person_id == person_id)))


def expire_archives(archive_ids: list[UUID], now: datetime) -> None:
    """Let archives expire at once, so that they cannot be downloaded any more."""
    db.session.execute(update(Archive).where(Archive.id.in_(archive_ids)).values(expires_at=now))


def delete_archives(archive_ids: list[UUID]) -> None:
    """Delete the rows of archives whose files are gone."""
    db.session.execute(delete(Archive).where(Archive.id.in_(archive_ids)))
