"""The invariants of the whole portal, each checked against the database and the storage; nothing is repaired.

It may run at any time: work in progress is no violation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.db import snapshot
from portal.domain import job_types
from portal.domain.audit_chain import AuditHead, ChainVerifier
from portal.domain.retention_periods import RetentionPeriods
from portal.models import (
    archives,
    consistency,
    deliveries,
    erasures,
    exports,
    photo_copies,
    queue,
    shoots,
    waiting_room,
)
from portal.services import audit_trail, file_check, retention_plan
from portal.storage import Storage

# The sweep mends work that lost its job: it is stale after 10 minutes, and a sweep runs every 10 minutes.
MENDED_WITHIN = timedelta(minutes=30)
# Expired files are deleted every night.
MAX_EXPIRED_AGE = timedelta(days=2)
# The law gives a month; this leaves time to write to the provider.
MAX_ERASURE_AGE = timedelta(days=7)
KEPT_TOO_LONG = "data is kept longer than its retention period"
DEFAULT_PERIODS = RetentionPeriods()


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
    periods: RetentionPeriods = DEFAULT_PERIODS,
) -> Iterator[Violation]:
    """Yield every broken invariant.

    Args:
        storage: where the photos are.
        now: the present, UTC.
        read_files: also compare every stored file with its digest, which reads all of them.
        known_heads: where the audit trail ended earlier; it must still hold these.
        grace: how long work may lack its job, because the sweep mends it within this time.
        periods: the retention periods in force.
    """
    overdue = ((KEPT_TOO_LONG, lambda: retention_plan.iterate_overdue(periods, now=now)),)
    for rule, list_broken in (*_build_rules(now, now - grace), *overdue):
        # Each rule compares rows as of one moment; a snapshot for all of them would be open for too long.
        with snapshot():
            broken = [str(subject) for subject in list_broken()]
        yield from (Violation(rule, subject) for subject in broken)
    for file in file_check.iterate_faults(storage, now=now, read_files=read_files):
        yield Violation(file.rule, file.subject)
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
        ("file of an expired export is still here", lambda: exports.list_expired(now - MAX_EXPIRED_AGE)),
        ("expired archive is still here", lambda: _list_expired_archives(now)),
        ("erased person is still here", erasures.list_people_not_erased),
        ("session of an erased person is known", erasures.list_shoots_with_tombstone),
        ("provider has not confirmed an erasure for a week", lambda: _list_overdue_erasures(now)),
    )


def _list_deliveries_without_job(since: datetime) -> Iterator[object]:
    pending = deliveries.list_pending_since(since)
    active = queue.list_active_values(job_types.APPLY_DELIVERY, "delivery_id")
    yield from (each for each in pending if str(each) not in active)


def _count_missing_jobs(since: datetime) -> Iterator[object]:
    # A job serves the first in the queue, so only the number of jobs counts.
    if waiting_room.list_waiting(since) and (missing := waiting_room.count_missing_jobs()):
        yield missing


def _list_copies_without_job(since: datetime) -> Iterator[object]:
    active = queue.list_active_values(job_types.COPY_PHOTOS, "shoot_id")
    yield from (each for each in consistency.list_shoots_to_copy(since) if str(each) not in active)


def _list_photos_without_job(since: datetime) -> Iterator[object]:
    active = queue.list_active_values(job_types.COPY_PHOTOS, "shoot_id")
    for photo_id, shoot_id in photo_copies.list_pending_in_open_shoots(since):
        if str(shoot_id) not in active:
            yield photo_id


def _list_refused() -> Iterator[object]:
    for photo_id, reason in photo_copies.list_refused():
        yield f"{photo_id} ({reason})"


def _list_expired_archives(now: datetime) -> Iterator[object]:
    yield from (archive_id for archive_id, _key in archives.list_expired(now - MAX_EXPIRED_AGE))


def _list_overdue_erasures(now: datetime) -> Iterator[object]:
    yield from erasures.list_unfinished(before=now - MAX_ERASURE_AGE)
