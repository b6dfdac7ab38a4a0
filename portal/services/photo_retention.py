"""Deletes photos at the end of their retention period: hidden first, their files a day later, then the files' rows."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from uuid import UUID

from portal.db import transaction
from portal.domain.retention import OWN_PHOTOS
from portal.domain.stages import Problem
from portal.failpoints import failpoint
from portal.models import audit, choices, expiry, people, photo_deletion, photos, shoots
from portal.storage import Storage

SHOOTS_AT_ONCE = 50
PHOTOS_AT_ONCE = 25


def hide_unchosen(before: datetime, now: datetime) -> int:
    """Hide headshots copied before this time that are not the chosen one; return how many.

    Some shoots at a time: each is read once, however many there are.
    """
    hidden = 0
    after: UUID | None = None
    while True:
        with transaction():
            shoot_ids = shoots.list_ids_copied_before(before, after=after, limit=SHOOTS_AT_ONCE)
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


def hide_own(before: datetime, now: datetime) -> int:
    """Hide own photos whose period started before this time and that are not the chosen one; return how many."""
    hidden = 0
    while True:
        with transaction():
            found = expiry.list_due_ids(OWN_PHOTOS, before, PHOTOS_AT_ONCE)
            photos.hide_photos(found, now)
        hidden += len(found)
        if len(found) < PHOTOS_AT_ONCE:
            return hidden


def delete_files(storage: Storage, before: datetime, now: datetime) -> int:
    """Delete the files of photos removed before this time; return how many photos.

    Files first and their rows afterwards: a stop in between leaves a row, which the next run finds.
    """
    deleted = 0
    after: UUID | None = None
    while True:
        with transaction():
            photo_ids = photos.list_removed_ids(before, after=after, limit=PHOTOS_AT_ONCE)
            found = photos.list_files(photo_ids)
        if not photo_ids:
            return deleted
        for _rendition_id, key, _owner_id in found:
            storage.delete(key)
            failpoint("retention.after_file")
        with transaction():
            photos.delete_renditions([rendition_id for rendition_id, *_ in found])
            photo_deletion.clear_face_data(photo_ids)
            for owner_id, files in Counter(owner_id for *_, owner_id in found).items():
                audit.create_entry("photos.deleted", at=now, subject_id=owner_id, files=files)
        deleted += len(photo_ids)
        after = photo_ids[-1]
