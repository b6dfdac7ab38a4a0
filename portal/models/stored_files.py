"""The files that should be in the storage, read in the order of the storage's own listing, one area at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, literal, select, true, tuple_

from portal.db import db, transaction
from portal.models.archives import Archive, ArchiveState
from portal.models.exports import Export
from portal.models.kits import Kit, KitFile, KitState
from portal.models.photos import Photo, Rendition

ROWS_AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file: its key, the id of the folder it lies in, and the digest of its content, None where none is kept."""

    key: str
    owner_id: UUID
    sha256: str | None


@dataclass(frozen=True)
class FileArea:
    """One folder of the storage with the rows about its files.

    Attributes:
        prefix: the folder, with its slash; each folder below it is named by an id.
        noun: what its files are of, for messages.
        owner: the column with that id.
        name: orders the files of one id.
        is_due: condition of rows whose file must be there at this moment.
        in_progress: ids whose files may be there before their rows.
        expires_at: when files are deleted, which is before their rows change; None where files do not expire.
    """

    prefix: str
    noun: str
    source: Any
    key: Any
    owner: Any
    sha256: Any
    name: Any
    has_file: ColumnElement[bool]
    is_due: ColumnElement[bool]
    in_progress: Select[Any]
    expires_at: Any = None


PHOTOS = FileArea(
    "photos/",
    "a photo",
    source=Rendition.__table__.join(Photo.__table__),
    key=Rendition.storage_key,
    owner=Rendition.photo_id,
    sha256=Rendition.sha256,
    name=Rendition.name,
    has_file=true(),
    is_due=Photo.removed_at.is_(None),
    in_progress=select(Photo.id).where(Photo.copied_at.is_(None)),
)
KITS = FileArea(
    "kits/",
    "a kit",
    source=KitFile.__table__.join(Kit.__table__),
    key=KitFile.storage_key,
    owner=KitFile.kit_id,
    sha256=KitFile.sha256,
    name=KitFile.key,
    has_file=true(),
    is_due=Kit.superseded_at.is_(None),
    # The files of a kit that is out of use go before its row.
    in_progress=select(Kit.id).where(Kit.state == KitState.PENDING),
)
ARCHIVES = FileArea(
    "archives/",
    "an archive",
    source=Archive.__table__,
    key=Archive.storage_key,
    owner=Archive.id,
    sha256=Archive.sha256,
    name=Archive.kind,
    has_file=Archive.storage_key.is_not(None),
    is_due=true(),
    in_progress=select(Archive.id).where(Archive.state == ArchiveState.PENDING),
    expires_at=Archive.expires_at,
)
EXPORTS = FileArea(
    "exports/",
    "an export",
    source=Export.__table__,
    key=Export.storage_key,
    owner=Export.id,
    sha256=literal(None),
    name=Export.kind,
    has_file=Export.storage_key.is_not(None),
    is_due=true(),
    in_progress=select(Export.id).where(Export.state == ArchiveState.PENDING),
    expires_at=Export.expires_at,
)
UPLOADS = FileArea(
    "uploads/",
    "an upload",
    source=Photo.__table__,
    key=Photo.upload_key,
    owner=Photo.id,
    sha256=literal(None),
    name=literal("upload"),
    has_file=Photo.upload_key.is_not(None),
    # The file goes first, when the renditions are stored.
    is_due=and_(Photo.copied_at.is_(None), Photo.refused.is_(None)),
    in_progress=select(Photo.id).where(literal(value=False)),
)
AREAS = (PHOTOS, KITS, ARCHIVES, EXPORTS, UPLOADS)


def iterate_files(area: FileArea, after: UUID | None, through: UUID | None) -> Iterator[StoredFile]:
    """Yield the files of ids above ``after``, up to and with ``through``, ordered by id.

    Rows are read in pages, each in a transaction of its own. None is no limit.
    """
    name = ""
    place = after
    while True:
        query = select(area.key, area.owner, area.sha256, area.name).select_from(area.source).where(area.has_file)
        if place is not None and name:
            query = query.where(tuple_(area.owner, area.name) > tuple_(place, name))
        elif place is not None:
            query = query.where(area.owner > place)
        if through is not None:
            query = query.where(area.owner <= through)
        query = query.order_by(area.owner, area.name).limit(ROWS_AT_ONCE)
        with transaction() as session:
            rows = session.execute(query).all()
        for row in rows:
            yield StoredFile(row[0], row[1], row[2])
        if len(rows) < ROWS_AT_ONCE:
            return
        place, name = rows[-1][1], rows[-1][3]


def list_known_keys(area: FileArea, keys: list[str]) -> set[str]:
    """Return those of these keys that have a row."""
    query = select(area.key).select_from(area.source).where(area.key.in_(keys))
    return set(db.session.scalars(query))


def list_ids_in_progress(area: FileArea, ids: list[UUID]) -> set[UUID]:
    """Return those of these ids whose files may exist before their rows do."""
    found = area.in_progress.subquery()
    return set(db.session.scalars(select(found.c.id).where(found.c.id.in_(ids))))


def is_file_due(area: FileArea, key: str, now: datetime) -> bool:
    """Return whether this file must be there at this moment."""
    query = select(literal(1)).select_from(area.source).where(area.key == key, area.is_due)
    if area.expires_at is not None:
        query = query.where(area.expires_at > now)
    return db.session.scalar(query) is not None
