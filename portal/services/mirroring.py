"""Copies a finished shoot's photos into our storage, and keeps the copy equal to the provider's list.

Resumable after any interruption, each photo once. A failure that may pass is retried for a day while the other
photos are shown.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

from portal.db import transaction
from portal.domain import stages
from portal.domain.errors import NotReady, RetryLater
from portal.domain.stages import Problem
from portal.failpoints import failpoint
from portal.models import audit, choices, consents, people, photo_copies, photos, shoots
from portal.models.photo_copies import MissingPhotos
from portal.models.photos import Photo
from portal.models.shoots import Shoot
from portal.provider.wire_types import Photo as ListedPhoto
from portal.services import notifications, photo_files, shoot_sync
from portal.services.app_context import AppContext
from portal.services.photo_fetching import Fetched, StorageAllowance, fetch_photos

log = logging.getLogger(__name__)

# Sessions have forty photos, large packages two hundred; these only end what no session can be.
MAX_PHOTOS = 500
MAX_BYTES = 2 * 1024**3

# A photo or list that cannot be had is tried again for so long, at intervals that grow with the time passed.
RETRY_FOR = timedelta(hours=24)
MIN_RETRY_DELAY = timedelta(seconds=5)
MAX_RETRY_DELAY = timedelta(hours=1)
# The list of a copied shoot is read at most this often.
MIN_CHECK_INTERVAL = timedelta(minutes=1)


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
class Listing:
    """The provider's list of a shoot's photos.

    Attributes:
        is_complete: every item could be read; of an incomplete list nothing follows about photos it lacks.
    """

    photos: list[ListedPhoto]
    is_complete: bool


def copy_photos(shoot_id: UUID, context: AppContext, limits: CopyLimits = DEFAULT_LIMITS) -> None:
    """Compare the provider's list of photos with the stored ones and copy what is missing.

    Raises:
        RetryLater: some photos, or the list, could not be had this time; the others are stored and shown.
        ProviderError, StorageUnavailable: worth another attempt; what was copied stays copied.
    """
    provider_id = _find_provider_id(shoot_id, context.clock())
    if provider_id is None:
        return
    listing = _list_photos(provider_id, context, limits)
    urls = _register(shoot_id, listing, context.clock())
    failpoint("copy.after_register")
    for fetched in fetch_photos(urls, _get_allowance(shoot_id, limits), context.downloader, context.storage):
        _store_result(shoot_id, fetched, context.clock())
        failpoint("copy.after_keep")
    failpoint("copy.before_finish")
    retry_at = _finish(shoot_id, provider_id, context.clock())
    if retry_at is not None:
        raise RetryLater(retry_at)


def retry_missing(person_id: UUID, *, actor_id: UUID, now: datetime) -> int:
    """Try again to copy the photos of a person's shoot that were given up; return their number.

    Raises:
        NotReady: the shoot is not finished.
    """
    with transaction():
        found = shoots.find_open(person_id)
        shoot = shoots.lock_shoot(found.id) if found else None
        if shoot is None or not _can_copy(shoot):
            raise NotReady
        count = photo_copies.reset_failures(shoot.id)
        shoot.photos_awaited_since = now
        if shoot.problem == Problem.NO_PHOTOS:
            shoot.problem = None
        shoot_sync.enqueue_copy(shoot)
        audit.create_entry("photos.retry_requested", at=now, actor_id=actor_id, subject_id=person_id, count=count)
        people.publish_version(person_id)
        return count


def get_missing(shoot_id: UUID) -> MissingPhotos:
    """Return how many photos of a shoot are not in our storage, and why."""
    with transaction():
        return photo_copies.count_missing(shoot_id)


def _find_provider_id(shoot_id: UUID, now: datetime) -> str | None:
    with transaction():
        shoot = shoots.lock_shoot(shoot_id)
        if shoot is None or not _can_copy(shoot):
            return None
        if not consents.has_active_consent(shoot.person_id):
            # Compared again later, in case the person agrees again.
            shoot.photos_checked_at = now
            return None
        return None if _is_up_to_date(shoot, now) else shoot.provider_id


def _is_up_to_date(shoot: Shoot, now: datetime) -> bool:
    """Return whether another comparison right now is a call for nothing, such as for the second event of a pair."""
    if shoot.copied_at is None or shoot.photos_checked_at is None or photo_copies.list_pending(shoot.id):
        return False
    return now - shoot.photos_checked_at < MIN_CHECK_INTERVAL


def _can_copy(shoot: Shoot) -> bool:
    is_hindered = shoot.problem is not None and shoot.problem != Problem.NO_PHOTOS
    return shoot.closed_at is None and shoot.provider_status == stages.ACTIVE and not is_hindered


def _list_photos(provider_id: str, context: AppContext, limits: CopyLimits) -> Listing:
    unusable: list[int] = []
    found = context.provider.list_photos(provider_id, include="all", on_unusable=unusable.append)
    listed = list(islice(found, limits.photos))
    if len(listed) == limits.photos and next(found, None) is not None:
        log.warning("photo.limit_reached", extra={"limit": limits.photos})
    return Listing(listed, is_complete=not unusable)


def _get_allowance(shoot_id: UUID, limits: CopyLimits) -> StorageAllowance:
    with transaction():
        stored = photos.count_stored_bytes(shoot_id)
    return StorageAllowance(limits.bytes - stored)


def _register(shoot_id: UUID, listing: Listing, now: datetime) -> list[tuple[UUID, str]]:
    """Store a row for every listed photo, and return those to be fetched with their URL."""
    with transaction():
        shoot = shoots.lock_shoot(shoot_id)
        if shoot is None or not _can_copy(shoot):
            return []
        shoot.photos_awaited_since = shoot.photos_awaited_since or shoot.finished_at or now
        if listing.is_complete or now - shoot.photos_awaited_since >= RETRY_FOR:
            # Otherwise the next sweep compares again.
            shoot.photos_checked_at = now
        listed = listing.photos
        known = {photo.provider_id: photo for photo in photos.list_by_shoot(shoot_id)}
        if not listed and photos.count_copied(shoot_id):
            # An empty list is more likely an error than the deletion of every photo.
            log.warning("photo.list_empty", extra={"shoot": str(shoot_id)})
            return []
        urls = []
        is_changed = shoot.photo_count != len(listed)
        for position, item in enumerate(listed, start=1):
            photo = known.pop(item.id, None)
            is_changed = is_changed or photo is None or photo.removed_at is not None
            photo = photo or photos.create_photo(shoot_id, item.id, position=position, now=now)
            photo.position = position
            is_changed = photos.mark_liked(photo, is_liked=item.is_liked) or is_changed
            _restore(photo, shoot)
            if photo.copied_at is None and photo.refused is None and photo.removed_at is None:
                urls.append((photo.id, item.urls.original or item.urls.main))
        if listing.is_complete:
            is_changed = _remove_unlisted(shoot, list(known.values()), now) or is_changed
        shoot.photo_count = len(listed)
        if is_changed:
            people.publish_version(shoot.person_id)
        for photo_id, url in urls:
            if not url:
                _record_failure(photo_id, "no_address", now)
        return [(photo_id, url) for photo_id, url in urls if url]


def _restore(photo: Photo, shoot: Shoot) -> None:
    """Show a photo again that the provider lists again; one deleted by the portal's retention stays deleted."""
    if photo.removed_at is None or (photo.removed_by != "provider" and shoot.copied_at is not None):
        return
    photo.removed_at = photo.removed_by = None
    if not photos.has_renditions(photo.id):
        photo.copied_at = None


def _remove_unlisted(shoot: Shoot, unlisted: list[Photo], now: datetime) -> bool:
    choice = choices.find_current(shoot.person_id)
    is_changed = False
    for photo in unlisted:
        # The chosen headshot is the company's copy, also when the provider deletes its own.
        if photo.removed_at is None and (choice is None or choice.photo_id != photo.id):
            photo.removed_at, photo.removed_by = now, "provider"
            is_changed = True
    return is_changed


def _store_result(shoot_id: UUID, fetched: Fetched, now: datetime) -> None:
    if fetched.stored is None:
        with transaction():
            if _record_failure(fetched.photo_id, fetched.failure or "unexpected_error", now, is_final=fetched.is_final):
                _publish(shoot_id)
        return
    with transaction():
        photo = photos.lock_photo(fetched.photo_id)
        if photo is None or photo.copied_at is not None:
            return
        photo_files.create_rows(photo, fetched.stored, now=now)
        photo.refused = photo.failure = photo.failing_since = None
        _publish(shoot_id)


def _publish(shoot_id: UUID) -> None:
    shoot = shoots.find_by_id(shoot_id)
    if shoot is not None:
        people.publish_version(shoot.person_id)


def _record_failure(photo_id: UUID, reason: str, now: datetime, *, is_final: bool = False) -> bool:
    """Record a failed attempt in the caller's transaction; give the photo up if it is final or lasts a day.

    Returns:
        Whether the numbers that are shown have changed.
    """
    photo = photos.lock_photo(photo_id)
    if photo is None or photo.copied_at is not None:
        return False
    is_first = photo.failing_since is None
    photo.failure = reason
    photo.failing_since = photo.failing_since or now
    if is_final or now - photo.failing_since >= RETRY_FOR:
        photo.refused = reason
        log.warning("photo.refused", extra={"photo": str(photo_id), "reason": reason})
    return is_first or photo.refused is not None


def _finish(shoot_id: UUID, provider_id: str, now: datetime) -> datetime | None:
    """Show what was copied, and return when to try the rest again; None when nothing is left to try."""
    with transaction():
        shoot = shoots.lock_shoot(shoot_id)
        if shoot is None or not _can_copy(shoot) or shoot.provider_id != provider_id:
            return None
        copied = photos.count_copied(shoot_id)
        missing = photo_copies.count_missing(shoot_id)
        if copied:
            _show_photos(shoot, copied, now)
        elif missing.pending == 0 and (missing.refused or now - _get_start(shoot, now) >= RETRY_FOR):
            _report_no_photos(shoot, now)
            return None
        starts = [photo.failing_since or now for photo in photo_copies.list_pending(shoot_id)]
        if not copied and not missing.pending:
            starts.append(_get_start(shoot, now))
        return min((_compute_retry(start, now) for start in starts), default=None)


def _get_start(shoot: Shoot, now: datetime) -> datetime:
    return shoot.photos_awaited_since or now


def _compute_retry(since: datetime, now: datetime) -> datetime:
    """Return the next attempt for something that fails since ``since``: a last one when the day is over."""
    delay = min(max((now - since) / 2, MIN_RETRY_DELAY), MAX_RETRY_DELAY)
    return min(now + delay, max(since + RETRY_FOR, now + MIN_RETRY_DELAY))


def _show_photos(shoot: Shoot, copied: int, now: datetime) -> None:
    if shoot.problem == Problem.NO_PHOTOS:
        shoot.problem = None
        people.publish_version(shoot.person_id)
    if shoot.copied_at is None:
        shoot.copied_at = now
        audit.create_entry("photos.copied", at=now, subject_id=shoot.person_id, count=copied)
        notifications.notify_photos_ready(shoot, now=now)
        people.publish_version(shoot.person_id)


def _report_no_photos(shoot: Shoot, now: datetime) -> None:
    if shoot.problem is None:
        shoot.problem = Problem.NO_PHOTOS
        audit.create_entry("photos.none", at=now, subject_id=shoot.person_id, result="problem")
        people.publish_version(shoot.person_id)
