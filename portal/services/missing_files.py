"""Copies photos again whose files are missing in the storage, while the provider still has them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.db import transaction
from portal.domain import stages
from portal.models import audit, people, photos, shoots
from portal.models.photos import Photo
from portal.models.shoots import Shoot
from portal.services import file_check, shoot_sync
from portal.storage import Storage


@dataclass(frozen=True)
class MissingFile:
    """A photo with a missing file; ``is_requested`` if it is being copied again."""

    photo_id: UUID
    is_requested: bool


def request_missing(storage: Storage, *, now: datetime) -> Iterator[MissingFile]:
    """Request every photo again that lacks a file; own photos and those of closed sessions are only named."""
    for photo_id in dict.fromkeys(file_check.iterate_photos_without_file(storage, now=now)):
        yield MissingFile(photo_id, _request_again(photo_id, now))


def _request_again(photo_id: UUID, now: datetime) -> bool:
    with transaction():
        photo = photos.find_photo(photo_id)
        shoot = shoots.lock_shoot(photo.shoot_id) if photo is not None and photo.shoot_id is not None else None
        photo = photos.lock_photo(photo_id)
        if photo is None or shoot is None or not _can_copy(photo, shoot):
            return False
        photos.delete_all_renditions(photo_id)
        photo.copied_at = photo.failure = photo.failing_since = photo.refused = None
        shoot.photos_checked_at = None
        shoot_sync.enqueue_copy(shoot)
        audit.create_entry("photos.retry_requested", at=now, subject_id=shoot.person_id, count=1)
        people.publish_version(shoot.person_id)
        return True


def _can_copy(photo: Photo, shoot: Shoot) -> bool:
    return photo.removed_at is None and shoot.closed_at is None and shoot.provider_status == stages.ACTIVE
