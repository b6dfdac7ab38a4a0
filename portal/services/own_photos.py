"""Own photos: a picture the person took elsewhere, uploaded here; no studio, no credit and no AI label."""

from __future__ import annotations

import hashlib
import logging
from datetime import datetime
from uuid import UUID, uuid4

from portal.db import transaction
from portal.domain import job_types
from portal.domain.errors import NotAllowed, NotFound
from portal.failpoints import failpoint
from portal.images.errors import PhotoRefused, TooManyBytes, TooSmall
from portal.images.formats import check_single_frame, detect_format
from portal.images.renditions import render_photo
from portal.models import audit, people, photos, queue
from portal.models.people import Person
from portal.models.photos import Photo
from portal.services import photo_files
from portal.services.app_context import AppContext
from portal.storage import build_object_key

log = logging.getLogger(__name__)

MAX_BYTES = 30_000_000
MIN_SIDE = 400
"""Least length of the shorter side in pixels; below it no place could use the photo."""

MAX_PHOTOS = 10
"""Own photos a person may have at a time; the oldest unchosen one has to be deleted for another."""


def store_upload(person: Person, content: bytes, *, context: AppContext) -> Photo:
    """Store an uploaded picture and have its renditions made.

    Args:
        person: whose photo it is.
        content: the whole file: JPEG, PNG, WebP or HEIC.
        context: for storage, clock and the ``OWN_PHOTOS`` setting.

    Raises:
        NotAllowed: the company takes no own photos, or the person has too many.
        NotAPhoto: the first bytes are of no accepted format.
        ImageAnimated: an animation.
        TooManyBytes: larger than ``MAX_BYTES``.
        StorageError: the file cannot be stored now.
    """
    if context.settings.own_photos == "off":
        raise NotAllowed
    if len(content) > MAX_BYTES:
        raise TooManyBytes(len(content), MAX_BYTES)
    detect_format(content, phone=True)
    check_single_frame(content)
    now = context.clock()
    photo_id = uuid4()
    key = build_object_key("uploads", photo_id, "upload", hashlib.sha256(content).hexdigest(), "bin")
    try:
        context.storage.put(key, content, "application/octet-stream")
        failpoint("own_photo.after_put")
        return _create_photo(person, photo_id, key, now)
    except BaseException:
        # Without its row nothing would ever delete the file.
        context.storage.delete(key)
        raise


def _create_photo(person: Person, photo_id: UUID, upload_key: str, now: datetime) -> Photo:
    with transaction():
        people.lock_person(person.id)
        if len(photos.list_own(person.id)) >= MAX_PHOTOS:
            raise NotAllowed
        photo = photos.create_own(person.id, photo_id=photo_id, upload_key=upload_key, now=now)
        audit.create_entry("own_photo.uploaded", at=now, actor_id=person.id, subject_id=person.id)
        queue.enqueue_job(job_types.RENDER_OWN_PHOTO, photo_id=str(photo.id))
        return photo


def render_own_photo(photo_id: UUID, context: AppContext) -> None:
    """Make the renditions of an uploaded photo and delete the upload. Can be stopped anywhere and run again.

    Raises:
        StorageError: worth another try.
    """
    with transaction():
        photo = photos.lock_photo(photo_id)
        key = photo.upload_key if photo is not None else None
    if key is None:
        return
    try:
        rendered = render_photo(context.storage.get(key), phone=True)
        if min(rendered.width, rendered.height) < MIN_SIDE:
            raise TooSmall(MIN_SIDE)
    except PhotoRefused as error:
        _record_refusal(photo_id, error.reason, now=context.clock())
    else:
        stored = photo_files.store_files(photo_id, rendered, context.storage)
        _complete_photo(photo_id, stored, now=context.clock())
        failpoint("own_photo.after_renditions")
    context.storage.delete_all(f"uploads/{photo_id}/")
    with transaction():
        photo = photos.lock_photo(photo_id)
        if photo is not None:
            photo.upload_key = None


def _complete_photo(photo_id: UUID, stored: photo_files.StoredPhoto, *, now: datetime) -> None:
    with transaction():
        photo = photos.lock_photo(photo_id)
        if photo is not None and photo.person_id is not None and photo.copied_at is None:
            photo_files.create_rows(photo, stored, now=now)
            people.publish_version(photo.person_id)


def _record_refusal(photo_id: UUID, reason: str, *, now: datetime) -> None:
    with transaction():
        photo = photos.lock_photo(photo_id)
        if photo is None or photo.person_id is None:
            return
        photo.refused = reason
        audit.create_entry("own_photo.refused", at=now, subject_id=photo.person_id, result="problem", reason=reason)
        people.publish_version(photo.person_id)
    log.warning("own_photo.refused", extra={"photo": str(photo_id), "reason": reason})


def delete_own_photo(person: Person, photo_id: UUID, *, now: datetime) -> None:
    """Delete an own photo that is not the person's headshot; its files are deleted within a day.

    Raises:
        NotFound: no such own photo.
    """
    with transaction():
        photo = photos.lock_photo(photo_id)
        if photo is None or photo.person_id != person.id:
            raise NotFound
        photos.hide_photos([photo.id], now)
        audit.create_entry("own_photo.deleted", at=now, actor_id=person.id, subject_id=person.id)
        people.publish_version(person.id)
