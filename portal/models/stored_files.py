"""The files that should be in the storage, read in the order of the storage's own listing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, tuple_

from portal.db import db, transaction
from portal.models.photos import Photo, Rendition

ROWS_AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One rendition's file: its key, the photo it is of and the digest of its content."""

    key: str
    photo_id: UUID
    sha256: str


def iterate_files(after: UUID | None, through: UUID | None) -> Iterator[StoredFile]:
    """Yield the files of photos with an id above ``after``, up to and with ``through``, ordered by id.

    Rows are read in pages, each in a transaction of its own. None is no limit.
    """
    name = ""
    place = after
    while True:
        query = select(Rendition.storage_key, Rendition.photo_id, Rendition.sha256, Rendition.name)
        if place is not None and name:
            query = query.where(tuple_(Rendition.photo_id, Rendition.name) > tuple_(place, name))
        elif place is not None:
            query = query.where(Rendition.photo_id > place)
        if through is not None:
            query = query.where(Rendition.photo_id <= through)
        query = query.order_by(Rendition.photo_id, Rendition.name).limit(ROWS_AT_ONCE)
        with transaction() as session:
            rows = session.execute(query).all()
        for row in rows:
            yield StoredFile(row[0], row[1], row[2])
        if len(rows) < ROWS_AT_ONCE:
            return
        place, name = rows[-1][1], rows[-1][3]


def list_known_keys(keys: list[str]) -> set[str]:
    """Return those of these keys that have a row."""
    return set(db.session.scalars(select(Rendition.storage_key).where(Rendition.storage_key.in_(keys))))


def list_ids_being_copied(photo_ids: list[UUID]) -> set[UUID]:
    """Return those of these photos that are known and not copied; their files may exist before their rows do."""
    query = select(Photo.id).where(Photo.id.in_(photo_ids), Photo.copied_at.is_(None))
    return set(db.session.scalars(query))


def is_file_shown(key: str) -> bool:
    """Return whether this file is, at this moment, one of a photo that is not removed."""
    query = select(Photo.id).join(Rendition).where(Rendition.storage_key == key, Photo.removed_at.is_(None))
    return db.session.scalar(query) is not None
