"""Copies a finished shoot's photos into our storage: resumable after any interruption, each photo once."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from threading import Lock
from uuid import UUID

from portal.db import transaction
from portal.domain import stages
from portal.domain.errors import RetryLater
from portal.domain.stages import Problem
from portal.failpoints import failpoint
from portal.images.errors import PhotoRefused
from portal.images.renditions import RenderedPhoto, render_photo
from portal.models import audit, consents, people, photos, shoots
from portal.models.shoots import Shoot
from portal.provider.errors import PhotoError, PhotoExpired, PhotoUnavailable
from portal.provider.wire_types import Photo as ListedPhoto
from portal.services import notifications, photo_files
from portal.services.app_context import AppContext

log = logging.getLogger(__name__)

# Two decodes at a time keep a small machine responsive; downloads overlap with them.
DOWNLOAD_THREADS = 3

# Sessions have forty photos, large packages two hundred; these only end what no session can be.
MAX_PHOTOS = 500
MAX_BYTES = 2 * 1024**3
# A finished shoot without any listed photo is listed again this often, with this delay.
LISTING_ATTEMPTS = 5
LISTING_DELAY = timedelta(seconds=3)


@dataclass(frozen=True)
class CopyLimits:
    """How much of one shoot is copied.

    Attributes:
        photos: photos listed after these are ignored.
        bytes: in the storage, all renditions together; photos beyond are refused.
    """

    photos: int = MAX_PHOTOS
    bytes: int = MAX_BYTES


DEFAULT_LIMITS = CopyLimits()


@dataclass(frozen=True)
class _Fetched:
    photo_id: UUID
    rendered: RenderedPhoto | None
    refused: str | None = None


class _Room:
    """What a shoot may still take of the storage. Safe to share between threads."""

    def __init__(self, left: int) -> None:
        self._left = left
        self._lock = Lock()

    def take(self, size: int) -> bool:
        """Take room for a photo, if there is as much."""
        with self._lock:
            if size > self._left:
                return False
            self._left -= size
            return True


def copy_photos(shoot_id: UUID, context: AppContext, limits: CopyLimits = DEFAULT_LIMITS) -> None:
    """Copy every photo of a finished shoot that is not copied yet.

    Raises:
        RetryLater: the provider lists no photo so far.
        ProviderError, PhotoUnavailable, StorageUnavailable: worth another try; what was copied stays copied.
    """
    provider_id = _find_provider_id(shoot_id)
    if provider_id is None:
        return
    listed = _listed(provider_id, context, limits)
    waiting = _register(shoot_id, listed, context.clock())
    failpoint("copy.after_register")
    for fetched in _fetch_all(waiting, _room(shoot_id, limits), context):
        _keep(shoot_id, fetched, context.clock())
        failpoint("copy.after_keep")
    failpoint("copy.before_finish")
    _finish(shoot_id, provider_id, context.clock())


def finish_incomplete_copy(shoot_id: UUID, *, now: datetime) -> None:
    """After the last attempt, finish with the photos that were copied; without any, mark the shoot as a problem."""
    with transaction():
        shoot = shoots.lock_shoot(shoot_id)
        if shoot is None or not _is_ready(shoot):
            return
        for photo in photos.list_by_shoot(shoot_id):
            if photo.copied_at is None and photo.refused is None:
                photo.refused = "NeverThere"
        _close_copy(shoot, now)


def _find_provider_id(shoot_id: UUID) -> str | None:
    with transaction():
        shoot = shoots.find_by_id(shoot_id)
        should_copy = shoot is not None and _is_ready(shoot) and consents.has_active_consent(shoot.person_id)
        return shoot.provider_id if shoot is not None and should_copy else None


def _is_ready(shoot: Shoot) -> bool:
    return shoot.closed_at is None and shoot.provider_status == stages.ACTIVE and shoot.copied_at is None


def _listed(provider_id: str, context: AppContext, limits: CopyLimits) -> list[ListedPhoto]:
    found = context.provider.list_photos(provider_id, include="all")
    listed = list(islice(found, limits.photos))
    if not listed:
        raise RetryLater(context.clock() + LISTING_DELAY, max_attempts=LISTING_ATTEMPTS)
    if len(listed) == limits.photos and next(found, None) is not None:
        log.warning("photo.limit_reached", extra={"limit": limits.photos})
    return listed


def _room(shoot_id: UUID, limits: CopyLimits) -> _Room:
    with transaction():
        taken = photos.count_stored_bytes(shoot_id)
    return _Room(limits.bytes - taken)


def _register(shoot_id: UUID, listed: list[ListedPhoto], now: datetime) -> list[tuple[UUID, str]]:
    """Write down every photo the provider names, and return those still to be fetched with their address."""
    waiting = []
    with transaction():
        shoot = shoots.lock_shoot(shoot_id)
        if shoot is None or not _is_ready(shoot):
            return []
        known = {photo.provider_id: photo for photo in photos.list_by_shoot(shoot_id)}
        for position, item in enumerate(listed, start=1):
            photo = known.pop(item.id, None) or photos.create_photo(shoot_id, item.id, position=position, now=now)
            photo.position = position
            photo.removed_at = None
            address = item.urls.original or item.urls.main
            if photo.copied_at is not None or photo.refused is not None:
                continue
            if address:
                waiting.append((photo.id, address))
            else:
                photo.refused = "NoAddress"
        for gone in known.values():
            gone.removed_at = gone.removed_at or now
        shoot.photo_count = len(listed)
        people.publish_version(shoot.person_id)
    return waiting


def _fetch_all(waiting: Iterable[tuple[UUID, str]], room: _Room, context: AppContext) -> Iterator[_Fetched]:
    """Download and render in a few threads that never touch the database; yield in order.

    One photo that cannot be had now holds up no other: the first such failure is raised at the end.
    """
    failure: PhotoError | None = None
    with ThreadPoolExecutor(DOWNLOAD_THREADS, thread_name_prefix="copy") as pool:
        tasks = [pool.submit(_fetch, photo_id, address, room, context) for photo_id, address in waiting]
        try:
            for task in tasks:
                try:
                    yield task.result()
                except (PhotoUnavailable, PhotoExpired) as error:
                    failure = failure or error
        finally:
            for task in tasks:
                task.cancel()
    if failure is not None:
        raise failure


def _fetch(photo_id: UUID, address: str, room: _Room, context: AppContext) -> _Fetched:
    try:
        content = context.downloader.download(address).content
        rendered = render_photo(content, is_generated=True)
    except (PhotoUnavailable, PhotoExpired):
        # The next run lists the photos again and gets fresh addresses.
        raise
    except (PhotoError, PhotoRefused) as error:
        return _refused(photo_id, type(error).__name__)
    if not room.take(sum(len(file.content) for file in rendered.files)):
        return _refused(photo_id, "NoRoom")
    photo_files.store_files(photo_id, rendered, context.storage)
    return _Fetched(photo_id, rendered)


def _refused(photo_id: UUID, reason: str) -> _Fetched:
    log.warning("photo.refused", extra={"photo": str(photo_id), "reason": reason})
    return _Fetched(photo_id, None, reason)


def _keep(shoot_id: UUID, fetched: _Fetched, now: datetime) -> None:
    with transaction():
        photo = photos.lock_photo(fetched.photo_id)
        if photo is None or photo.copied_at is not None:
            return
        if fetched.rendered is None:
            photo.refused = fetched.refused
            return
        photo_files.create_rows(photo, fetched.rendered, now=now)
        shoot = shoots.find_by_id(shoot_id)
        if shoot is not None:
            people.publish_version(shoot.person_id)


def _finish(shoot_id: UUID, provider_id: str, now: datetime) -> None:
    with transaction():
        shoot = shoots.lock_shoot(shoot_id)
        if shoot is None or not _is_ready(shoot) or shoot.provider_id != provider_id:
            return
        _close_copy(shoot, now)


def _close_copy(shoot: Shoot, now: datetime) -> None:
    copied = photos.count_copied(shoot.id)
    if copied == 0:
        shoot.problem = Problem.NO_PHOTOS
        audit.create_entry("photos.none", at=now, subject_id=shoot.person_id, result="problem")
    else:
        shoot.copied_at = now
        shoot.problem = None
        audit.create_entry("photos.copied", at=now, subject_id=shoot.person_id, count=copied)
        notifications.notify_photos_ready(shoot, now=now)
    people.publish_version(shoot.person_id)
