"""The crop of a photo: what a person sets, what it goes back to, and the kit that follows it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from portal.db import transaction
from portal.domain.crops import Crop, clamp_crop
from portal.domain.errors import NotFound
from portal.models import audit, people, photos
from portal.models.people import Person
from portal.models.photos import Photo
from portal.services import kits


def set_crop(person: Person, photo_id: UUID, crop: Crop | None, *, now: datetime) -> Crop:
    """Set the crop of a photo, moved inside the picture where it reaches outside.

    Args:
        person: whose photo it is.
        photo_id: the photo.
        crop: the new square; None goes back to the automatic one.
        now: the present, UTC.

    Returns:
        The crop in force.

    Raises:
        CropInvalid: the numbers describe no square.
        NotFound: no such photo among the person's.
    """
    with transaction():
        people.lock_person(person.id)
        photo = photos.find_for_person(photo_id, person.id)
        if photo is None:
            raise NotFound
        _store_numbers(photo, crop)
        audit.create_entry("crop.set", at=now, actor_id=person.id, subject_id=person.id)
        kits.update_kit(person.id, now=now)
        people.publish_version(person.id)
        return photo.crop


def _store_numbers(photo: Photo, crop: Crop | None) -> None:
    if crop is None:
        photo.crop_x = photo.crop_y = photo.crop_size = None
        return
    inside = clamp_crop(crop, photo.width or 1, photo.height or 1)
    photo.crop_x, photo.crop_y, photo.crop_size = inside.center_x, inside.center_y, inside.size
