"""Forgetting on time: what is kept only for a while is deleted here, and nowhere else by the clock."""

from __future__ import annotations

import logging
from collections import Counter
from datetime import datetime, timedelta

from portal.db import transaction
from portal.domain.durations import SAMPLE_SIZE
from portal.domain.stages import Problem
from portal.failpoints import failpoint
from portal.models import (
    audit,
    budget,
    choices,
    deliveries,
    people,
    photos,
    queue,
    rate_limits,
    sessions,
    shoot_steps,
    shoots,
)
from portal.services.people import ATTEMPT_LIFETIME, LOGOUT_ORDER_RETENTION
from portal.storage import Storage

log = logging.getLogger(__name__)

# Raw webhook bodies hold names; the call log is for the usage page; finished jobs are of no use to anybody.
BODIES = timedelta(days=30)
CALLS = timedelta(days=30)
FINISHED_JOBS = timedelta(days=7)
# A bucket is full again after a minute.
LIMITS = timedelta(hours=1)
# What people are told when they agree.
UNCHOSEN_PHOTOS = timedelta(days=90)
# A page that is open may still ask for a photo that has just been taken out of the gallery.
REMOVED_FILES = timedelta(days=1)


def delete_expired(storage: Storage, *, now: datetime) -> None:
    """Delete everything that has reached its age. Can be stopped anywhere and run again.

    Raises:
        StorageError: files could not be deleted; what was deleted before stays deleted.
    """
    with transaction():
        counts = {
            "bodies": deliveries.delete_bodies(now - BODIES),
            "calls": budget.delete_calls(now - CALLS),
            "jobs": queue.delete_finished(now - FINISHED_JOBS),
            "limits": rate_limits.delete_unused(now - LIMITS),
            "durations": shoot_steps.delete_old_durations(SAMPLE_SIZE),
        }
    failpoint("retention.after_records")
    counts["sign_ins"] = _drop_sign_ins(now)
    counts["photos"] = _hide_unchosen(now)
    failpoint("retention.after_hiding")
    counts["files"] = _delete_files(storage, now)
    log.info("retention.completed", extra=counts)


def _drop_sign_ins(now: datetime) -> int:
    """Delete sign-ins that are over. Each new one takes some of them along, but after a campaign nobody comes."""
    dropped = 0
    while True:
        with transaction():
            found = sessions.delete_expired(
                now, attempts_before=now - ATTEMPT_LIFETIME, orders_before=now - LOGOUT_ORDER_RETENTION
            )
        if not found:
            return dropped
        dropped += found


def _hide_unchosen(now: datetime) -> int:
    hidden = 0
    while True:
        with transaction():
            found = choices.list_unchosen_photo_ids(now - UNCHOSEN_PHOTOS)
            photos.hide_photos(found, now)
            for shoot in shoots.list_without_photos():
                # Nobody chose in time; saying so is better than an empty gallery.
                shoot.problem = Problem.NOT_CHOSEN
                audit.create_entry("shoot.not_chosen", at=now, subject_id=shoot.person_id, result="problem")
                people.publish_version(shoot.person_id)
        if not found:
            return hidden
        hidden += len(found)


def _delete_files(storage: Storage, now: datetime) -> int:
    """Delete files first and their rows afterwards: a stop in between leaves a row, which the next run finds."""
    deleted = 0
    while True:
        with transaction():
            found = photos.list_files_of_removed(now - REMOVED_FILES)
        if not found:
            return deleted
        for _rendition_id, key, _owner_id in found:
            storage.delete(key)
        with transaction():
            photos.delete_renditions([rendition_id for rendition_id, _key, _owner_id in found])
            for owner_id, files in Counter(owner_id for _rendition_id, _key, owner_id in found).items():
                audit.create_entry("photos.deleted", at=now, subject_id=owner_id, files=files)
        deleted += len(found)
