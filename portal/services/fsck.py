"""The invariants of the whole portal, each checked against the database and the storage; nothing is repaired.

It may run at any time: work in progress is no violation.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from portal.db import snapshot
from portal.domain import job_types
from portal.domain.audit_chain import AuditHead, ChainVerifier
from portal.models import consistency, deliveries, erasures, photo_copies, photos, queue, shoots, waiting_room
from portal.services import audit_trail
from portal.storage import ObjectMissing, Storage

PHOTO_AREA = "photos/"
# The sweep mends work that lost its job: it is stale after 10 minutes, and a sweep runs every 10 minutes.
MENDED_WITHIN = timedelta(minutes=30)
# The law gives a month; this leaves time to write to the provider.
MAX_ERASURE_AGE = timedelta(days=7)


@dataclass(frozen=True)
class Violation:
    """One broken invariant."""

    rule: str
    subject: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.subject}"


def list_violations(
    storage: Storage,
    *,
    now: datetime,
    read_files: bool = True,
    known_heads: Sequence[AuditHead] = (),
    grace: timedelta = MENDED_WITHIN,
) -> Iterator[Violation]:
    """Yield every broken invariant.

    Args:
        storage: where the photos are.
        now: the present, UTC.
        read_files: also compare every stored file with its digest, which reads all of them.
        known_heads: where the audit trail ended earlier; it must still hold these.
        grace: how long work may lack its job, because the sweep mends it within this time.
    """
    # Listed before the rows: every file was preceded by its photo's row.
    keys = set(storage.list(PHOTO_AREA))
    with snapshot():
        found = [
            Violation(rule, str(subject)) for rule, broken in _build_rules(now, now - grace) for subject in broken()
        ]
        stored = photos.list_stored_files()
        being_copied = photos.list_ids_being_copied()
    yield from found
    for key in sorted(keys - stored.keys()):
        if key.removeprefix(PHOTO_AREA).partition("/")[0] not in being_copied and storage.exists(key):
            yield Violation("file belongs to no photo", key)
    yield from _check_files(storage, stored, keys, read_files=read_files)
    for fault in audit_trail.iterate_faults(ChainVerifier(known_heads)):
        yield Violation(fault.rule, fault.subject)


def _build_rules(now: datetime, since: datetime) -> tuple[tuple[str, Callable[[], Iterable[object]]], ...]:
    """Return every rule about rows, with the query of what breaks it; ``since``: older work should have a job."""
    return (
        ("delivery waits without a job", lambda: _list_deliveries_without_job(since)),
        ("two open shoots of one person", consistency.list_people_with_two_open_shoots),
        ("people wait for a session and no turn is coming for so many", lambda: _count_missing_jobs(since)),
        ("finished shoot is not copied and nothing will copy it", lambda: _list_copies_without_job(since)),
        ("photo is not here and no job copies it", lambda: _list_photos_without_job(since)),
        ("photo was given up", _list_refused),
        ("latest choice is of a photo that is not here", lambda: consistency.list_choices_without_photo(since)),
        ("finished shoot has no photo", consistency.list_without_photos),
        ("session does not exist at the provider", lambda: shoots.list_missing(since)),
        ("finished shoot counts as copied without any photo", consistency.list_copied_without_photos),
        ("copied photo has no rendition", consistency.list_photos_without_renditions),
        ("choice of a photo of another shoot", consistency.list_choices_of_other_shoots),
        ("job is held by a worker that is gone", lambda: queue.list_jobs_without_worker(now)),
        ("status of a shoot has no audit row", consistency.list_shoots_without_audit),
        ("consent has no audit row", consistency.list_consents_without_audit),
        ("choice has no audit row", consistency.list_choices_without_audit),
        ("erased person is still here", erasures.list_people_not_erased),
        ("session of an erased person is known", erasures.list_shoots_with_tombstone),
        ("provider has not confirmed an erasure for a week", lambda: _list_overdue_erasures(now)),
    )


def _list_deliveries_without_job(since: datetime) -> Iterator[object]:
    for delivery_id in deliveries.list_pending_since(since):
        if not queue.has_active_job(job_types.APPLY_DELIVERY, delivery_id=delivery_id):
            yield delivery_id


def _count_missing_jobs(since: datetime) -> Iterator[object]:
    # A job serves the first in the queue, so only the number of jobs counts.
    if waiting_room.list_waiting(since) and (missing := waiting_room.count_missing_jobs()):
        yield missing


def _list_copies_without_job(since: datetime) -> Iterator[object]:
    for shoot_id in consistency.list_shoots_to_copy(since):
        if not queue.has_active_job(job_types.COPY_PHOTOS, shoot_id=str(shoot_id)):
            yield shoot_id


def _list_photos_without_job(since: datetime) -> Iterator[object]:
    for photo_id, shoot_id in photo_copies.list_pending_in_open_shoots(since):
        if not queue.has_active_job(job_types.COPY_PHOTOS, shoot_id=str(shoot_id)):
            yield photo_id


def _list_refused() -> Iterator[object]:
    for photo_id, reason in photo_copies.list_refused():
        yield f"{photo_id} ({reason})"


def _list_overdue_erasures(now: datetime) -> Iterator[object]:
    yield from erasures.list_unfinished(before=now - MAX_ERASURE_AGE)


def _check_files(
    storage: Storage, stored: dict[str, tuple[UUID, str]], keys: set[str], *, read_files: bool
) -> Iterator[Violation]:
    for key, (photo_id, sha256) in stored.items():
        if key in keys and not read_files:
            continue
        digest = _compute_digest(storage, key)
        # Files go before their rows do, and may have gone since the rows were read.
        if digest is None and photos.is_file_shown(key):
            yield Violation("file of a photo is missing", str(photo_id))
        elif digest is not None and digest != sha256:
            yield Violation("file of a photo is not what was stored", str(photo_id))


def _compute_digest(storage: Storage, key: str) -> str | None:
    try:
        return hashlib.sha256(storage.get(key)).hexdigest()
    except ObjectMissing:
        return None
