"""The provider's data compared with the portal's: every difference, as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from portal.db import db
from portal.models import choices, photos
from portal.models.photos import Photo
from portal.models.shoots import Shoot


def list_differences(models: list[dict[str, Any]]) -> list[str]:
    """Compare every model of the sandbox with our shoots, both ways; needs an application context."""
    own = {shoot.provider_id: shoot for shoot in db.session.scalars(select(Shoot)) if shoot.provider_id}
    # An erased person is deleted here and at the provider.
    models = [model for model in models if model["id"] in own or model["status"] != "deleted"]
    found = [f"model nobody knows: {model['id']}" for model in models if model["id"] not in own]
    found += [f"session the provider does not know: {one}" for one in own.keys() - {each["id"] for each in models}]
    found += [
        f"{email} has {number} models" for email, number in Counter(m["email"] for m in models).items() if number > 1
    ]
    for model in models:
        if (shoot := own.get(model["id"])) is not None:
            found += [f"{model['id']}: {difference}" for difference in _between(model, shoot)]
    return found


def _between(model: dict[str, Any], shoot: Shoot) -> Iterator[str]:
    if shoot.provider_status != model["status"]:
        yield f"is {model['status']}, we say {shoot.provider_status}"
    if model["status"] != "active":
        return
    copied = photos.count_copied(shoot.id)
    # Broken photos are refused, and the others are copied; another test checks how that is shown.
    refused = sum(1 for photo in photos.list_by_shoot(shoot.id) if photo.refused and photo.removed_at is None)
    if shoot.copied_at is None or copied + refused != model["photos"]:
        yield f"has {model['photos']} photos, we have {copied} (done: {shoot.copied_at})"
    latest = choices.find_latest_from(shoot.id, "studio")
    photo = db.session.get(Photo, latest.photo_id) if latest else None
    if (photo.provider_id if photo else None) != model["favoritePhotoId"]:
        yield f"favorite is {model['favoritePhotoId']}, we say {photo.provider_id if photo else None}"
