"""Retention: the nightly deletion of everything that has reached the end of its retention period."""

from __future__ import annotations

import logging
from collections import Counter
from datetime import datetime
from uuid import UUID

from portal.db import transaction
from portal.domain import retention
from portal.domain.durations import SAMPLE_SIZE
from portal.domain.stages import Problem
from portal.failpoints import failpoint
from portal.models import (
    audit,
    budget,
    choices,
    credits,
    deliveries,
    delivery_totals,
    people,
    photos,
    provider_account,
    provider_records,
    queue,
    rate_limits,
    roster_imports,
    sessions,
    shoot_steps,
    shoots,
    webhook_rejections,
)
from portal.services.people import ATTEMPT_LIFETIME, LOGOUT_ORDER_RETENTION
from portal.storage import Storage

log = logging.getLogger(__name__)

SHOOTS_AT_ONCE = 50
PHOTOS_AT_ONCE = 25


def delete_expired(storage: Storage, *, now: datetime) -> None:
    """Delete everything that has reached the end of its period. Can be stopped anywhere and run again.

    Raises:
        StorageError: files could not be deleted; what was deleted before stays deleted.
    """
    with transaction():
        counts = {
            "bodies": deliveries.delete_bodies(now - retention.WEBHOOK_BODIES),
            "imported_lines": roster_imports.delete_contents(now - retention.IMPORTED_LINES),
            "calls": budget.delete_calls(now - retention.PROVIDER_CALLS),
            "jobs": queue.delete_finished(now - retention.FINISHED_JOBS),
            "limits": rate_limits.delete_unused(now - retention.UNUSED_RATE_LIMITS),
            "durations": shoot_steps.delete_old_durations(SAMPLE_SIZE),
            "account": _delete_account_records(now),
            "rejections": webhook_rejections.delete_old(now - retention.WEBHOOK_REJECTIONS),
            "balances": credits.delete_readings(now - retention.CREDIT_READINGS),
        }
    failpoint("retention.after_records")
    counts["deliveries"] = _delete_deliveries(now)
    counts["sign_ins"] = _drop_sign_ins(now)
    counts["photos"] = _hide_unchosen(now)
    failpoint("retention.after_hiding")
    counts["files"] = _delete_files(storage, now)
    log.info("retention.completed", extra=counts)


def _delete_account_records(now: datetime) -> int:
    """Delete the lists of the provider's account if none could be read for too long."""
    account = provider_account.find_account()
    read_at = account.read_at if account is not None else None
    if read_at is None or read_at > now - retention.PROVIDER_RECORDS:
        return 0
    return provider_records.delete_all()


def _drop_sign_ins(now: datetime) -> int:
    """Delete expired sign-ins. Each sign-in deletes some as well, but after a campaign there are few."""
    dropped = 0
    while True:
        with transaction():
            found = sessions.delete_expired(
                now, attempts_before=now - ATTEMPT_LIFETIME, orders_before=now - LOGOUT_ORDER_RETENTION
            )
        if not found:
            return dropped
        dropped += found


def _delete_deliveries(now: datetime) -> int:
    deleted = 0
    since: datetime | None = None
    while True:
        with transaction():
            received = deliveries.delete_old(now - retention.DELIVERIES, since=since)
            delivery_totals.update_after_deletion(received)
        if not received:
            return deleted
        deleted += len(received)
        since = max(received)


def _hide_unchosen(now: datetime) -> int:
    """Hide what was not chosen in time, some shoots at a time: each is read once, however many there are."""
    hidden = 0
    after: UUID | None = None
    while True:
        with transaction():
            shoot_ids = shoots.list_ids_copied_before(
                now - retention.UNCHOSEN_PHOTOS, after=after, limit=SHOOTS_AT_ONCE
            )
            found = choices.list_unchosen_photo_ids(shoot_ids)
            if found:
                photos.hide_photos(found, now)
                _mark_without_photos(now, shoot_ids)
        hidden += len(found)
        if len(shoot_ids) < SHOOTS_AT_ONCE:
            break
        after = shoot_ids[-1]
    with transaction():
        _mark_without_photos(now)
    return hidden


def _mark_without_photos(now: datetime, shoot_ids: list[UUID] | None = None) -> None:
    """Mark shoots without a photo left: a problem with its message is better than an empty gallery."""
    for shoot in shoots.list_without_photos(shoot_ids):
        shoot.problem = Problem.NOT_CHOSEN
        audit.create_entry("shoot.not_chosen", at=now, subject_id=shoot.person_id, result="problem")
        people.publish_version(shoot.person_id)


def _delete_files(storage: Storage, now: datetime) -> int:
    """Delete files first and their rows afterwards: a stop in between leaves a row, which the next run finds."""
    deleted = 0
    after: UUID | None = None
    while True:
        with transaction():
            photo_ids = photos.list_removed_ids(now - retention.REMOVED_FILES, after=after, limit=PHOTOS_AT_ONCE)
            found = photos.list_files(photo_ids)
        if not photo_ids:
            return deleted
        for _rendition_id, key, _owner_id in found:
            storage.delete(key)
        with transaction():
            photos.delete_renditions([rendition_id for rendition_id, *_ in found])
            for owner_id, files in Counter(owner_id for *_, owner_id in found).items():
                audit.create_entry("photos.deleted", at=now, subject_id=owner_id, files=files)
        deleted += len(found)
        after = photo_ids[-1]
