"""Archives: ZIP files that the worker builds for one person, with progress, an expiry and one owner."""

from __future__ import annotations

import hashlib
import logging
import re
import tempfile
import zipfile
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import IO, BinaryIO
from uuid import UUID, uuid4

from portal.db import transaction
from portal.domain import job_types
from portal.domain.errors import NotFound
from portal.domain.retention import DOWNLOADS
from portal.failpoints import failpoint
from portal.models import archives, people, queue
from portal.models.archives import SINGLE_USE, Archive, ArchiveKind, ArchiveState
from portal.models.people import Person
from portal.services.app_context import AppContext
from portal.storage import build_object_key

log = logging.getLogger(__name__)

CHUNK_BYTES = 256 * 1024
# Enough for a bar that moves, without a transaction for each of hundreds of photos.
PROGRESS_STEP = 5

_UNSAFE_CHARACTERS = re.compile(r"[^\w .()-]+")


@dataclass(frozen=True)
class ArchiveEntry:
    """One file of an archive: from the storage, or written into it as it is.

    Attributes:
        name: path inside the archive.
        storage_key: where the content is stored; None when ``content`` holds it.
        content: the bytes; None when they are stored.
    """

    name: str
    storage_key: str | None = None
    content: bytes | None = None


ListEntries = Callable[[UUID, AppContext], list[ArchiveEntry]]
"""Lists what belongs into an archive of one person, in the caller's transaction."""


def request_archive(person: Person, kind: ArchiveKind, *, file_name: str, context: AppContext) -> Archive:
    """Have an archive built, or return the one that is being built already; a second request builds nothing.

    Args:
        person: the requester, who alone may download it.
        kind: what it holds.
        file_name: what the browser saves it as, without the ending.
        context: clock, and the lifetime of downloads.
    """
    now = context.clock()
    with transaction() as session:
        people.lock_person(person.id)
        latest = archives.find_latest(person.id, kind, now)
        if latest is not None and latest.state == ArchiveState.PENDING:
            return latest
        archive = Archive(
            id=uuid4(),
            kind=str(kind),
            person_id=person.id,
            file_name=f"{normalize_file_name(file_name)}.zip",
            state=str(ArchiveState.PENDING),
            created_at=now,
            expires_at=now + context.settings.retention[DOWNLOADS],
        )
        session.add(archive)
        session.flush()
        queue.enqueue_job(job_types.BUILD_ARCHIVE, archive_id=str(archive.id))
        return archive


def normalize_file_name(name: str) -> str:
    """Return a name that every file system takes: letters, digits, spaces and ``. ( ) -``, at most 80 characters."""
    parts = _UNSAFE_CHARACTERS.sub(" ", name).split()
    return " ".join(parts).strip(" .")[:80].strip() or "headshots"


def open_archive(
    person: Person, archive_id: UUID, *, kinds: Collection[ArchiveKind], context: AppContext
) -> tuple[Archive, BinaryIO]:
    """Return a finished archive and its content, for the caller to stream and close.

    Args:
        person: the requester; an archive of another person is not found.
        archive_id: which archive.
        kinds: the kinds that this address serves.
        context: clock and storage.

    Raises:
        NotFound: there is none that is finished, it expired, or it was for one download and had it.
        StorageError: the content cannot be read now.
    """
    with transaction():
        key = _lock_downloadable(person, archive_id, kinds, context.clock()).storage_key
    assert key is not None  # noqa: S101 - what can be downloaded is stored
    # Opened before it is marked: a storage that does not respond uses up no download.
    stream = context.storage.open(key)
    try:
        with transaction():
            archive = _lock_downloadable(person, archive_id, kinds, context.clock())
            archive.downloaded_at = archive.downloaded_at or context.clock()
    except BaseException:
        stream.close()
        raise
    return archive, stream


def _lock_downloadable(person: Person, archive_id: UUID, kinds: Collection[ArchiveKind], now: datetime) -> Archive:
    archive = archives.lock_archive(archive_id)
    if archive is None or archive.person_id != person.id or archive.expires_at <= now:
        raise NotFound
    is_used_up = archive.downloaded_at is not None and archive.kind in SINGLE_USE
    if archive.storage_key is None or archive.kind not in kinds or is_used_up:
        raise NotFound
    return archive


def build_archive(archive_id: UUID, context: AppContext, listings: Mapping[ArchiveKind, ListEntries]) -> None:
    """Build one archive and store it. A run that was stopped starts over: the file lies on this machine only.

    Raises:
        StorageError: worth another try.
    """
    entries = _list_entries(archive_id, context, listings)
    if entries is None:
        return
    with tempfile.TemporaryFile() as file:
        _write_zip(file, entries, archive_id, context)
        size = file.tell()
        sha256 = _compute_sha256(file)
        key = build_object_key("archives", archive_id, "archive", sha256, "zip")
        file.seek(0)
        context.storage.put_file(key, file, "application/zip")
    failpoint("archive.after_put")
    with transaction():
        archive = archives.lock_archive(archive_id)
        if archive is None or archive.state != ArchiveState.PENDING:
            return
        archive.state = str(ArchiveState.READY)
        archive.storage_key, archive.sha256, archive.size = key, sha256, size
        archive.finished_at = context.clock()
        archive.done = archive.total
        people.publish_version(archive.person_id)


def _list_entries(
    archive_id: UUID, context: AppContext, listings: Mapping[ArchiveKind, ListEntries]
) -> list[ArchiveEntry] | None:
    with transaction():
        archive = archives.lock_archive(archive_id)
        if archive is None or archive.state != ArchiveState.PENDING or archive.expires_at <= context.clock():
            return None
        entries = listings[ArchiveKind(archive.kind)](archive.person_id, context)
        archive.total, archive.done = len(entries), 0
        return entries


def _write_zip(file: IO[bytes], entries: list[ArchiveEntry], archive_id: UUID, context: AppContext) -> None:
    # Stored, not deflated: photos do not shrink.
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for number, entry in enumerate(entries, start=1):
            _write_entry(archive, entry, context)
            failpoint("archive.after_entry")
            if number % PROGRESS_STEP == 0:
                _record_progress(archive_id, number)


def _write_entry(archive: zipfile.ZipFile, entry: ArchiveEntry, context: AppContext) -> None:
    info = zipfile.ZipInfo(entry.name, date_time=context.clock().timetuple()[:6])
    with archive.open(info, "w") as target:
        if entry.content is not None:
            target.write(entry.content)
        if entry.storage_key is not None:
            with context.storage.open(entry.storage_key) as source:
                while chunk := source.read(CHUNK_BYTES):
                    target.write(chunk)


def _record_progress(archive_id: UUID, done: int) -> None:
    with transaction():
        archive = archives.lock_archive(archive_id)
        if archive is not None:
            archive.done = done
            people.publish_version(archive.person_id)


def _compute_sha256(file: IO[bytes]) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    while chunk := file.read(CHUNK_BYTES):
        digest.update(chunk)
    return digest.hexdigest()


def record_failure(archive_id: UUID, *, reason: str) -> None:
    """Record that an archive cannot be built, after the last try."""
    with transaction():
        archive = archives.lock_archive(archive_id)
        if archive is not None and archive.state == ArchiveState.PENDING:
            archive.state = str(ArchiveState.FAILED)
            people.publish_version(archive.person_id)
    log.error("archive.failed", extra={"archive": str(archive_id), "reason": reason})


def delete_expired(context: AppContext) -> int:
    """Delete expired archives, files first. Can be stopped anywhere and run again.

    Returns:
        How many were deleted.

    Raises:
        StorageError: worth another try.
    """
    deleted = 0
    while True:
        with transaction():
            expired = archives.list_expired(context.clock())
        if not expired:
            return deleted
        for archive_id, _key in expired:
            context.storage.delete_all(f"archives/{archive_id}/")
        with transaction():
            archives.delete_archives([archive_id for archive_id, _key in expired])
        deleted += len(expired)
