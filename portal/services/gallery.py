"""The gallery: the finished photos of a person, and choosing one of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from portal.db import transaction
from portal.domain.errors import NotFound, NotReady
from portal.models import audit, choices, people, photos, shoots
from portal.models.choices import Choice
from portal.models.people import Person
from portal.models.photos import Photo, Rendition
from portal.services import journey

# The smallest step of time the database keeps.
TIME_RESOLUTION = timedelta(microseconds=1)


@dataclass(frozen=True)
class Gallery:
    """A person's finished photos, in the studio's order.

    Attributes:
        choice: the person's latest act of choosing, wherever it happened.
        studio_choice: the latest favorite picked inside the studio, which may be another photo.
    """

    photos: list[Photo]
    choice: Choice | None
    studio_choice: Choice | None

    def is_chosen(self, photo: Photo) -> bool:
        """Whether this is the photo the company uses."""
        return self.choice is not None and self.choice.photo_id == photo.id


def get_gallery(person: Person) -> Gallery:
    """Return the photos of the person's finished shoot.

    Raises:
        NotReady: there is nothing to look at yet.
    """
    current = journey.load(person)
    if current.shoot is None or not current.has_gallery:
        raise NotReady
    return Gallery(photos.list_viewable(current.shoot.id), current.choice, current.studio_choice)


def choose_photo(person: Person, photo_id: UUID, *, now: datetime) -> Choice:
    """Make this photo the person's headshot; choosing the same one again changes nothing.

    Raises:
        NotFound: no such photo among the person's own.
    """
    try:
        return _store_choice(person, photo_id, now)
    except NotFound:
        _audit_foreign_access(person, photo_id, now)
        raise


def _store_choice(person: Person, photo_id: UUID, now: datetime) -> Choice:
    with transaction():
        photo = photos.find_for_person(photo_id, person.id)
        shoot = shoots.lock_shoot(photo.shoot_id) if photo is not None and photo.shoot_id is not None else None
        if photo is None or shoot is None or shoot.copied_at is None:
            raise NotFound
        current = choices.find_current(shoot.id)
        if current is not None and current.photo_id == photo.id and current.origin == "portal":
            return current
        # A favorite picked in the studio carries the provider's clock; an act here must still be the latest.
        acted_at = max(now, current.acted_at + TIME_RESOLUTION) if current else now
        choice = choices.create_choice(
            person.id, photo, origin="portal", key=f"portal:{uuid4()}", acted_at=acted_at, now=now
        )
        audit.add("choice.made", at=now, actor_id=person.id, subject_id=person.id, origin="portal")
        people.publish_version(person.id)
        return choice


def get_rendition(person: Person, photo_id: UUID, name: str, *, now: datetime) -> Rendition:
    """Return where one size of the person's own photo is stored.

    Raises:
        NotFound: no such photo or size among the person's own.
    """
    found = photos.find_rendition_for_person(photo_id, name, person.id)
    if found is None:
        _audit_foreign_access(person, photo_id, now)
        raise NotFound
    return found


def _audit_foreign_access(person: Person, photo_id: UUID, now: datetime) -> None:
    """Audit a request for another person's photo; ids cannot be guessed, so it was passed on."""
    with transaction():
        owner_id = photos.find_owner_id(photo_id)
        if owner_id is not None and owner_id != person.id:
            audit.add("access", at=now, actor_id=person.id, subject_id=owner_id, result="denied", what="photo")
