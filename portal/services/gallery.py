"""The gallery: a person's photos with their marks, choosing one, and taking the choice back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from portal.db import transaction
from portal.domain.consent import UseAgreement
from portal.domain.errors import NotFound, NotReady
from portal.images.difference_hash import group_similar
from portal.models import audit, choices, exports, people, photo_marks, photos, shoots
from portal.models.choices import Choice
from portal.models.people import Person
from portal.models.photo_marks import Mark
from portal.models.photos import Photo, Rendition
from portal.services import kits

# The smallest step of time the database keeps.
TIME_RESOLUTION = timedelta(microseconds=1)


@dataclass(frozen=True)
class Gallery:
    """A person's photos, look-alikes side by side.

    Attributes:
        photos: own photos first, then generated ones of the newest shoot first.
        marks: shortlisted and skipped photos.
        choice: the person's latest choice, here or in the studio.
        studio_photo_id: the favorite picked inside the studio, which may be another photo.
    """

    photos: list[Photo]
    marks: dict[UUID, Mark]
    choice: Choice | None
    studio_photo_id: UUID | None

    @property
    def chosen_id(self) -> UUID | None:
        """Id of the photo the company uses."""
        return self.choice.photo_id if self.choice is not None else None


def get_gallery(person: Person) -> Gallery:
    """Return every photo the person can choose from.

    Raises:
        NotReady: there is none yet.
    """
    found = [photo for photo in photos.list_own(person.id) if photo.copied_at is not None]
    finished = [shoot for shoot in shoots.list_by_person(person.id) if shoot.copied_at is not None]
    for shoot in finished:
        found += _group_similar(photos.list_viewable(shoot.id))
    if not found:
        raise NotReady
    picked = choices.find_latest_from(finished[0].id, "studio") if finished else None
    return Gallery(
        found,
        dict(photo_marks.list_marks(person.id)),
        choices.find_current(person.id),
        picked.photo_id if picked is not None else None,
    )


def find_chosen_photo(person: Person) -> Photo | None:
    """Return the photo the company uses of this person, None without one."""
    choice = choices.find_current(person.id)
    return photos.find_for_person(choice.photo_id, person.id) if choice is not None else None


def _group_similar(listed: list[Photo]) -> list[Photo]:
    by_id = {photo.id: photo for photo in listed}
    groups = group_similar([(photo.id, photo.similarity_hash) for photo in listed])
    return [by_id[photo_id] for group in groups for photo_id in group]


def choose_photo(person: Person, photo_id: UUID, *, agreement: UseAgreement, now: datetime) -> Choice:
    """Make this photo the person's headshot and record what they agreed to by it.

    Choosing the same photo again changes nothing.

    Raises:
        NotFound: no such photo among the person's.
    """
    try:
        return _store_choice(person, photo_id, agreement, now)
    except NotFound:
        _audit_foreign_access(person, photo_id, now)
        raise


def _store_choice(person: Person, photo_id: UUID, agreement: UseAgreement, now: datetime) -> Choice:
    with transaction():
        photo = photos.find_for_person(photo_id, person.id)
        # The shoot is locked before the person, as everywhere.
        if photo is None or not _can_choose(photo):
            raise NotFound
        people.lock_person(person.id)
        current = choices.find_current(person.id)
        if current is not None and current.photo_id == photo.id and current.use_text is not None:
            return current
        # A favorite picked in the studio carries the provider's clock; a choice here must still be the latest.
        acted_at = max(now, current.acted_at + TIME_RESOLUTION) if current is not None else now
        choice = choices.create_choice(
            person.id,
            photo,
            origin="portal",
            key=f"portal:{uuid4()}",
            acted_at=acted_at,
            now=now,
            agreement=agreement,
        )
        audit.create_entry("choice.made", at=now, actor_id=person.id, subject_id=person.id, origin="portal")
        kits.update_kit(person.id, now=now)
        people.publish_version(person.id)
        return choice


def _can_choose(photo: Photo) -> bool:
    if photo.shoot_id is None:
        return True
    shoot = shoots.lock_shoot(photo.shoot_id)
    return shoot is not None and shoot.copied_at is not None


def revoke_choice(person: Person, choice_id: UUID, *, now: datetime) -> Choice | None:
    """Take one choice back, so that the one before it counts again.

    Returns:
        The choice that counts from then on, None without one.

    Raises:
        NotFound: no such choice of this person.
    """
    with transaction():
        people.lock_person(person.id)
        choice = choices.find_choice(choice_id, person.id)
        if choice is None:
            raise NotFound
        if choice.withdrawn_at is None:
            choice.withdrawn_at = now
            _record_withdrawal(person.id, now)
        return choices.find_current(person.id)


def withdraw_choice(person: Person, *, now: datetime) -> bool:
    """Take the headshot back: no photo of the person is used until they choose again.

    Returns:
        False when there was no choice.
    """
    with transaction():
        people.lock_person(person.id)
        if not choices.withdraw_all(person.id, now):
            return False
        exports.expire_exports(now)
        _record_withdrawal(person.id, now)
        return True


def _record_withdrawal(person_id: UUID, now: datetime) -> None:
    audit.create_entry("choice.withdrawn", at=now, actor_id=person_id, subject_id=person_id)
    kits.update_kit(person_id, now=now)
    people.publish_version(person_id)


def get_rendition(person: Person, photo_id: UUID, name: str, *, now: datetime) -> Rendition:
    """Return where one size of the person's photo is stored.

    Raises:
        NotFound: no such photo or size among the person's.
    """
    found = photos.find_rendition_for_person(photo_id, name, person.id)
    if found is None:
        _audit_foreign_access(person, photo_id, now)
        raise NotFound
    return found


def _audit_foreign_access(person: Person, photo_id: UUID, now: datetime) -> None:
    """Record an attempt to reach another person's photo; ids cannot be guessed."""
    with transaction():
        owner_id = photos.find_owner_id(photo_id)
        if owner_id is not None and owner_id != person.id:
            audit.create_entry("access", at=now, actor_id=person.id, subject_id=owner_id, result="denied", what="photo")
