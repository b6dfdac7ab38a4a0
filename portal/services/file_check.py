"""Compares the storage's listing with the rows about it: both are read in order and merged, a part at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from portal.db import snapshot, transaction
from portal.models import stored_files
from portal.models.stored_files import FileArea, StoredFile
from portal.storage import ObjectMissing, Storage

# So many keys are in memory at a time, however many files there are.
KEYS_AT_ONCE = 5000


@dataclass(frozen=True)
class FileFault:
    """A file without a row, or a row without its file."""

    rule: str
    subject: str


@dataclass
class _Part:
    """A part of the listing: all keys of the ids above ``after``, up to and with ``through``; None is no limit."""

    after: UUID | None
    through: UUID | None = None
    keys: set[str] = field(default_factory=set)


def iterate_faults(storage: Storage, *, now: datetime, read_files: bool) -> Iterator[FileFault]:
    """Yield every difference between storage and rows, area by area; work in progress is none.

    Args:
        storage: where the files are.
        now: the present, UTC.
        read_files: also compare every file with its digest, which reads all of them.
    """
    for area in stored_files.AREAS:
        yield from _iterate_area(storage, area, now=now, read_files=read_files)


def iterate_photos_without_file(storage: Storage, *, now: datetime) -> Iterator[UUID]:
    """Yield the id of a photo for each of its files that is missing; no file is read."""
    for fault in _iterate_area(storage, stored_files.PHOTOS, now=now, read_files=False):
        if fault.rule == f"file of {stored_files.PHOTOS.noun} is missing":
            yield UUID(fault.subject)


def _iterate_area(storage: Storage, area: FileArea, *, now: datetime, read_files: bool) -> Iterator[FileFault]:
    # Each part is listed before its rows are read: every file was preceded by the row of its photo, kit or archive.
    for part in _split(storage.list(area.prefix), area):
        for file in stored_files.iterate_files(area, part.after, part.through):
            is_listed = file.key in part.keys
            part.keys.discard(file.key)
            if read_files or not is_listed:
                yield from _check_file(storage, area, file, now)
        yield from _check_unknown(storage, area, part.keys)


def _split(keys: Iterable[str], area: FileArea) -> Iterator[_Part]:
    part = _Part(None)
    for key in keys:
        owner_id = _parse_owner_id(key, area)
        if len(part.keys) >= KEYS_AT_ONCE and part.through and owner_id not in (None, part.through):
            yield part
            part = _Part(part.through)
        if owner_id is not None:
            # The highest so far: a storage that lists out of order costs look-ups, and no row is left out.
            part.through = max(owner_id, part.through or owner_id)
        part.keys.add(key)
    part.through = None
    yield part


def _parse_owner_id(key: str, area: FileArea) -> UUID | None:
    """Return the id of the folder a key lies in, None when it is none; text and ids have the same order."""
    folder = key.removeprefix(area.prefix).partition("/")[0]
    try:
        owner_id = UUID(folder)
    except ValueError:
        return None
    return owner_id if str(owner_id) == folder else None


def _check_file(storage: Storage, area: FileArea, file: StoredFile, now: datetime) -> Iterator[FileFault]:
    try:
        digest = hashlib.sha256(storage.get(file.key)).hexdigest()
    except ObjectMissing:
        # Files go before their rows do, and may have gone since the rows were read.
        with transaction():
            is_due = stored_files.is_file_due(area, file.key, now)
        if is_due:
            yield FileFault(f"file of {area.noun} is missing", str(file.owner_id))
        return
    if file.sha256 is not None and digest != file.sha256:
        yield FileFault(f"file of {area.noun} is not what was stored", str(file.owner_id))


def _check_unknown(storage: Storage, area: FileArea, keys: set[str]) -> Iterator[FileFault]:
    if not keys:
        return
    owners = {key: _parse_owner_id(key, area) for key in keys}
    with snapshot():
        known = stored_files.list_known_keys(area, list(keys))
        ids = [owner for owner in owners.values() if owner is not None]
        in_progress = stored_files.list_ids_in_progress(area, ids)
    for key in sorted(keys - known):
        if owners[key] not in in_progress and storage.exists(key):
            yield FileFault(f"file belongs to no {area.noun.partition(' ')[2]}", key)
