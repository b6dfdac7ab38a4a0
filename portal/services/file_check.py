"""Compares the storage's listing with the rows about it: both are read in order and merged, a part at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from uuid import UUID

from portal.db import snapshot, transaction
from portal.models import stored_files
from portal.models.stored_files import StoredFile
from portal.storage import ObjectMissing, Storage

PHOTO_AREA = "photos/"
# So many keys are in memory at a time, however many files there are.
KEYS_AT_ONCE = 5000


@dataclass(frozen=True)
class FileFault:
    """A file without a row, or a row without its file."""

    rule: str
    subject: str


@dataclass
class _Part:
    """A part of the listing: all keys of the photos above ``after``, up to and with ``through``; None is no limit."""

    after: UUID | None
    through: UUID | None = None
    keys: set[str] = field(default_factory=set)


def iterate_faults(storage: Storage, *, read_files: bool) -> Iterator[FileFault]:
    """Yield every difference between storage and rows; work in progress is none.

    Args:
        storage: where the photos are.
        read_files: also compare every file with its digest, which reads all of them.
    """
    # Each part is listed before its rows are read: every file was preceded by its photo's row.
    for part in _split(storage.list(PHOTO_AREA)):
        for file in stored_files.iterate_files(part.after, part.through):
            is_listed = file.key in part.keys
            part.keys.discard(file.key)
            if read_files or not is_listed:
                yield from _check_file(storage, file)
        yield from _check_unknown(storage, part.keys)


def _split(keys: Iterable[str]) -> Iterator[_Part]:
    part = _Part(None)
    for key in keys:
        photo_id = _parse_photo_id(key)
        if len(part.keys) >= KEYS_AT_ONCE and part.through and photo_id not in (None, part.through):
            yield part
            part = _Part(part.through)
        if photo_id is not None:
            # The highest so far: a storage that lists out of order costs look-ups, and no row is left out.
            part.through = max(photo_id, part.through or photo_id)
        part.keys.add(key)
    part.through = None
    yield part


def _parse_photo_id(key: str) -> UUID | None:
    """Return the photo a key belongs to, None when it is no photo's; text and ids have the same order."""
    folder = key.removeprefix(PHOTO_AREA).partition("/")[0]
    try:
        photo_id = UUID(folder)
    except ValueError:
        return None
    return photo_id if str(photo_id) == folder else None


def _check_file(storage: Storage, file: StoredFile) -> Iterator[FileFault]:
    try:
        digest = hashlib.sha256(storage.get(file.key)).hexdigest()
    except ObjectMissing:
        # Files go before their rows do, and may have gone since the rows were read.
        with transaction():
            is_shown = stored_files.is_file_shown(file.key)
        if is_shown:
            yield FileFault("file of a photo is missing", str(file.photo_id))
        return
    if digest != file.sha256:
        yield FileFault("file of a photo is not what was stored", str(file.photo_id))


def _check_unknown(storage: Storage, keys: set[str]) -> Iterator[FileFault]:
    if not keys:
        return
    owners = {key: _parse_photo_id(key) for key in keys}
    with snapshot():
        known = stored_files.list_known_keys(list(keys))
        copying = stored_files.list_ids_being_copied([owner for owner in owners.values() if owner is not None])
    for key in sorted(keys - known):
        if owners[key] not in copying and storage.exists(key):
            yield FileFault("file belongs to no photo", key)
