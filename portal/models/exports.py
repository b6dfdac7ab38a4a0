"""Exports: ZIP files of chosen headshots and directory packs that the worker builds for an admin."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, ForeignKey, and_, delete, exists, func, select, true, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, db
from portal.models import choices
from portal.models.archives import ArchiveState
from portal.models.choices import Choice
from portal.models.consents import Consent
from portal.models.listed_people import ListedPerson
from portal.models.people import Person
from portal.models.people_list import PeopleFilter, build_conditions
from portal.models.photos import Photo
from portal.models.stage_expressions import POLICY


class ExportKind(StrEnum):
    """What an export holds."""

    HEADSHOTS = "headshots"
    """One picture a person, and a manifest."""
    LDIF = "ldif"
    """An LDIF file with ``thumbnailPhoto`` and ``jpegPhoto`` for LDAP and Active Directory."""
    DIRECTORY = "directory"
    """Pictures, a CSV that names the person of each, and a PowerShell sample."""


class Export(Base):
    """One export.

    Attributes:
        size_key: the kit file it holds; see ``portal/domain/kit_files.py``.
        template: file names, see ``portal/domain/export_names.py``.
        filters: which people, as in the address of the list.
        created_by: who requested it.
        done: people handled so far, of ``total``.
        left_out: of those, how many had no file that could be read, or may not be in such a file.
        reason: why the pictures are needed, as each of these people reads it; empty in rows older than this column.
        storage_key: where the finished file is; None before.
        expires_at: after this moment it is deleted.
    """

    __tablename__ = "exports"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    kind: Mapped[str]
    size_key: Mapped[str]
    template: Mapped[str]
    filters: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_by: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    file_name: Mapped[str]
    state: Mapped[str]
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    left_out: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(default="", server_default="")
    size: Mapped[int | None]
    storage_key: Mapped[str | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    downloaded_at: Mapped[datetime | None]


@dataclass(frozen=True)
class ExportPerson:
    """One person whose headshot may be exported, with the names used by directories."""

    person: Person
    listed: ListedPerson
    choice: Choice
    photo: Photo


def find_export(export_id: UUID) -> Export | None:
    """Return an export, freshly read, None if there is none."""
    return db.session.get(Export, export_id, populate_existing=True)


def lock_export(export_id: UUID) -> Export | None:
    """Return an export freshly read, holding other writers until the transaction ends."""
    query = select(Export).where(Export.id == export_id).with_for_update()
    return db.session.scalar(query.execution_options(populate_existing=True))


def list_exports(limit: int = 30) -> list[tuple[Export, str]]:
    """List the newest exports with the name of the person who requested each."""
    query = select(Export, Person.name).join(Person, Person.id == Export.created_by).order_by(Export.created_at.desc())
    return [(export, name) for export, name in db.session.execute(query.limit(limit))]


def list_expired(now: datetime, limit: int = 200) -> list[UUID]:
    """List the exports that have a file and whose time is over."""
    query = select(Export.id).where(Export.expires_at <= now, Export.storage_key.is_not(None)).limit(limit)
    return list(db.session.scalars(query))


def expire_exports(now: datetime) -> None:
    """Let every export expire at once, also one that is being built, whose people are not recorded yet."""
    db.session.execute(update(Export).where(Export.expires_at > now).values(expires_at=now))


def delete_older(before: datetime) -> int:
    """Delete the rows of exports whose file is gone, made before this moment; return how many."""
    query = delete(Export).where(Export.created_at < before, Export.storage_key.is_(None)).returning(Export.id)
    return len(db.session.scalars(query).all())


def list_exportable(chosen: PeopleFilter, *, now: datetime, after: UUID | None, limit: int) -> list[ExportPerson]:
    """List people with a choice and an active agreement to its use, by id, beginning behind ``after``."""
    latest = choices.build_current_id(Person.id)
    query = (
        select(Person, ListedPerson, Choice, Photo)
        .join(ListedPerson, ListedPerson.person_id == Person.id)
        .join(POLICY, true())
        .join(Choice, Choice.id == latest)
        .join(Photo, Photo.id == Choice.photo_id)
        .where(*_list_conditions(chosen, now))
        .order_by(Person.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(Person.id > after)
    return [ExportPerson(*row) for row in db.session.execute(query)]


def count_exportable(chosen: PeopleFilter, *, now: datetime) -> int:
    """Count the people that :func:`list_exportable` lists."""
    query = (
        select(func.count())
        .select_from(Person)
        .join(ListedPerson, ListedPerson.person_id == Person.id)
        .join(POLICY, true())
        .join(Choice, Choice.id == choices.build_current_id(Person.id))
        .where(*_list_conditions(chosen, now))
    )
    return db.session.scalar(query) or 0


def build_is_exportable(now: datetime) -> ColumnElement[bool]:
    """Return whether a row of :class:`ListedPerson` is of a person that :func:`list_exportable` lists."""
    return exists(
        select(Person.id)
        .join(Choice, Choice.id == choices.build_current_id(Person.id))
        .where(Person.id == ListedPerson.person_id, *_list_conditions(PeopleFilter(), now))
        .correlate(ListedPerson)
    )


def _list_conditions(chosen: PeopleFilter, now: datetime) -> list[Any]:
    has_consent = exists().where(and_(Consent.person_id == Person.id, Consent.withdrawn_at.is_(None)))
    return [
        *build_conditions(chosen, now=now),
        # A pick in the studio is no agreement to the use of the picture.
        Choice.use_text.is_not(None),
        has_consent,
        Person.deactivated_at.is_(None),
        ListedPerson.left_at.is_(None),
    ]


def is_running(export: Export) -> bool:
    """Return whether the worker still has to finish an export."""
    return export.state == ArchiveState.PENDING
