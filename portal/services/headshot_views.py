"""An admin's look at a chosen headshot: each is audited, and shown to its person."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from portal.db import transaction
from portal.domain.errors import NotFound
from portal.models import audit, choices, photos
from portal.models.people import Person
from portal.models.photos import Rendition


def open_headshot(person_id: UUID, rendition: str, *, actor: Person, now: datetime) -> Rendition:
    """Return where a size of the person's chosen headshot is stored, after adding the audit entry.

    Raises:
        NotFound: nothing is chosen, or the size is not there.
    """
    with transaction():
        choice = choices.find_current(person_id)
        found = None
        if choice is not None:
            found = photos.find_rendition_for_person(choice.photo_id, rendition, person_id)
        if found is None:
            raise NotFound
        audit.create_entry("headshot.viewed", at=now, actor_id=actor.id, subject_id=person_id)
        return found
