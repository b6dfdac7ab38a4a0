"""Retention: the nightly deletion of everything that has reached the end of its retention period.

Each entry of :data:`DELETIONS` belongs to a rule of the retention table. The period is subtracted in one place, so
that no deletion has a number of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.db import transaction
from portal.domain import retention
from portal.domain.durations import SAMPLE_SIZE
from portal.domain.retention import RetentionRule
from portal.failpoints import failpoint
from portal.models import (
    audit,
    credits,
    deliveries,
    delivery_totals,
    expiry,
    exports,
    provider_account,
    provider_calls,
    provider_records,
    queue,
    rate_limits,
    roster_imports,
    sessions,
    shoot_steps,
    webhook_rejections,
)
from portal.services import archives, audit_expiry, erasure_receipts, kits, leavers, photo_retention
from portal.services import exports as export_files
from portal.services.app_context import AppContext

log = logging.getLogger(__name__)

ROWS_AT_ONCE = 500


@dataclass(frozen=True)
class Run:
    """One run of a deletion.

    Attributes:
        before: rows whose period started before this time are deleted.
        now: the present, UTC.
    """

    context: AppContext
    before: datetime
    now: datetime


@dataclass(frozen=True)
class Deletion:
    """How the data of one rule is deleted; ``delete`` returns the number of rows or files."""

    rule: RetentionRule
    delete: Callable[[Run], int]


def delete_expired(context: AppContext, *, now: datetime) -> dict[str, int]:
    """Delete everything that has reached the end of its period. Can be stopped anywhere and run again.

    Returns:
        How much was deleted by the key of each rule; also an audit entry, so that the deletion can be proven.

    Raises:
        StorageError: files could not be deleted; what was deleted before stays deleted.
    """
    counts: dict[str, int] = {}
    for deletion in DELETIONS:
        period = context.settings.retention[deletion.rule]
        counts[deletion.rule.key] = deletion.delete(Run(context, now - period, now))
        if deletion.rule in _STOPS:
            _STOPS[deletion.rule]()
    with transaction():
        shoot_steps.delete_old_durations(SAMPLE_SIZE)
        deleted: dict[str, Any] = {key: count for key, count in counts.items() if count}
        if deleted:
            audit.create_entry(audit.RETENTION_COMPLETED, at=now, **deleted)
    log.info("retention.completed", extra={key.replace("-", "_"): count for key, count in counts.items()})
    return counts


def _delete_in_transaction(delete: Callable[[datetime], int]) -> Callable[[Run], int]:
    def run(current: Run) -> int:
        with transaction():
            return delete(current.before)

    return run


def _delete_in_batches(delete: Callable[[datetime, int], int]) -> Callable[[Run], int]:
    def run(current: Run) -> int:
        deleted = 0
        while True:
            with transaction():
                found = delete(current.before, ROWS_AT_ONCE)
            deleted += found
            if found < ROWS_AT_ONCE:
                return deleted

    return run


def _delete_sign_ins(run: Run) -> int:
    """Delete expired sign-ins. Each sign-in deletes some as well, but after a campaign there are few."""
    deleted = 0
    attempts_before = run.now - retention.SIGN_IN_ATTEMPTS.default
    orders_before = run.now - retention.LOGOUT_ORDERS.default
    while True:
        with transaction():
            found = sessions.delete_expired(run.now, attempts_before=attempts_before, orders_before=orders_before)
        if not found:
            return deleted
        deleted += found


def _delete_deliveries(run: Run) -> int:
    deleted = 0
    since: datetime | None = None
    while True:
        with transaction():
            received = deliveries.delete_old(run.before, since=since)
            delivery_totals.update_after_deletion(received)
        if not received:
            return deleted
        deleted += len(received)
        since = max(received)


def _delete_account_records(run: Run) -> int:
    """Delete the lists of the provider's account if none could be read for too long."""
    with transaction():
        account = provider_account.find_account()
        read_at = account.read_at if account is not None else None
        if read_at is None or read_at > run.before:
            return 0
        return provider_records.delete_all()


DELETIONS: tuple[Deletion, ...] = (
    Deletion(retention.WEBHOOK_BODIES, _delete_in_transaction(deliveries.delete_bodies)),
    Deletion(retention.IMPORTED_LINES, _delete_in_transaction(roster_imports.delete_contents)),
    Deletion(retention.PROVIDER_CALLS, _delete_in_transaction(provider_calls.delete_calls)),
    Deletion(retention.WEBHOOK_REJECTIONS, _delete_in_transaction(webhook_rejections.delete_old)),
    Deletion(retention.CREDIT_READINGS, _delete_in_transaction(credits.delete_readings)),
    Deletion(retention.PROVIDER_RECORDS, _delete_account_records),
    Deletion(retention.FINISHED_JOBS, _delete_in_transaction(queue.delete_finished)),
    Deletion(retention.UNUSED_RATE_LIMITS, _delete_in_transaction(rate_limits.delete_unused)),
    Deletion(retention.DELIVERIES, _delete_deliveries),
    Deletion(retention.MAILS, _delete_in_batches(expiry.delete_mails)),
    Deletion(retention.NO_SIGN_IN, _delete_in_batches(expiry.delete_without_sign_in)),
    # With attempts and logout orders, whose periods no setting changes.
    Deletion(retention.SESSIONS, _delete_sign_ins),
    Deletion(retention.UNCHOSEN_PHOTOS, lambda run: photo_retention.hide_unchosen(run.before, run.now)),
    Deletion(retention.OWN_PHOTOS, lambda run: photo_retention.hide_own(run.before, run.now)),
    Deletion(
        retention.REMOVED_FILES, lambda run: photo_retention.delete_files(run.context.storage, run.before, run.now)
    ),
    Deletion(retention.LEAVERS_PHOTOS, lambda run: leavers.delete_pictures(run.context, run.before)),
    Deletion(retention.INACTIVE_PEOPLE, lambda run: leavers.erase_inactive(run.context, run.before)),
    Deletion(retention.SUPERSEDED_KITS, lambda run: kits.delete_superseded(run.context)),
    Deletion(retention.DOWNLOADS, lambda run: archives.delete_expired(run.context)),
    Deletion(retention.EXPORTS, lambda run: export_files.delete_expired(run.context.storage, now=run.now)),
    Deletion(retention.EXPORT_RECORDS, _delete_in_transaction(exports.delete_older)),
    Deletion(retention.ERASURE_RECEIPTS, lambda run: erasure_receipts.delete_old(run.context.storage, run.before)),
    Deletion(retention.AUDIT_TRAIL, lambda run: audit_expiry.expire_oldest(run.before, now=run.now)),
)
"""What the nightly job deletes, in this order."""

_STOPS = {
    retention.UNUSED_RATE_LIMITS: lambda: failpoint("retention.after_records"),
    retention.OWN_PHOTOS: lambda: failpoint("retention.after_hiding"),
    retention.ERASURE_RECEIPTS: lambda: failpoint("retention.before_audit"),
}
