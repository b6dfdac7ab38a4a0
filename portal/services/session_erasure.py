"""Deletion of one photo session by its person: here and at the provider; the consent and other sessions stay."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from portal.db import transaction
from portal.domain.erasure import ErasureScope
from portal.domain.errors import NotFound
from portal.models import audit, choices, people, photo_deletion, photos, shoots
from portal.models.people import Person
from portal.models.shoots import Shoot
from portal.services.app_context import AppContext
from portal.services.erasure import create_erasure


@dataclass(frozen=True)
class SessionContents:
    """What a photo session holds, for the question before it is deleted.

    Attributes:
        photo_count: headshots that are stored here.
        has_choice: whether the headshot the person chose is one of them.
    """

    shoot: Shoot
    photo_count: int
    has_choice: bool


def get_contents(person: Person, shoot_id: UUID) -> SessionContents:
    """Return what a photo session of this person holds.

    Raises:
        NotFound: they have no such session.
    """
    shoot = next((each for each in shoots.list_by_person(person.id) if each.id == shoot_id), None)
    if shoot is None:
        raise NotFound
    choice = choices.find_current(person.id)
    has_choice = choice is not None and photo_deletion.find_shoot_id(choice.photo_id) == shoot.id
    return SessionContents(shoot, len(photos.list_viewable(shoot.id)), has_choice)


def request_session_erasure(person: Person, shoot_id: UUID, context: AppContext, *, keeps_headshot: bool) -> UUID:
    """Close one photo session and enqueue the deletion of its pictures and of the provider's session.

    Args:
        person: whose session it is.
        shoot_id: the session.
        context: clock and secretbox.
        keeps_headshot: whether the chosen headshot stays in use if it is from this session; one that is from
            another session always stays.

    Returns:
        The erasure's id, its receipt.

    Raises:
        NotFound: they have no such session, such as after a second press.
    """
    with transaction():
        # Sessions before the person, as everywhere.
        found = next((each for each in shoots.lock_by_person(person.id) if each.id == shoot_id), None)
        locked = people.lock_person(person.id)
        if found is None or locked is None:
            raise NotFound
        choice = choices.find_current(person.id)
        is_of_session = choice is not None and photo_deletion.find_shoot_id(choice.photo_id) == shoot_id
        kept = choice.photo_id if choice is not None and (keeps_headshot or not is_of_session) else None
        now = context.clock()
        audit.create_entry("shoot.erasure_requested", at=now, actor_id=person.id, subject_id=person.id)
        erasure = create_erasure(locked, ErasureScope.SESSION, context, kept_photo_id=kept, only_shoot_ids=[shoot_id])
        return erasure.id
