"""Testers: people whose new photo sessions are the provider's development sessions, which cost no credit."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from portal.db import transaction
from portal.domain.errors import NotFound
from portal.models import audit, people
from portal.models.people import Person


def update_tester(person_id: UUID, *, is_tester: bool, actor: Person, now: datetime) -> None:
    """Make a person a tester, or not any more; a session that exists stays as it is.

    Raises:
        NotFound: there is no such person.
    """
    with transaction():
        person = people.lock_person(person_id)
        if person is None:
            raise NotFound
        if person.is_tester != is_tester:
            person.is_tester = is_tester
            audit.create_entry("person.tester", at=now, actor_id=actor.id, subject_id=person_id, on=is_tester)
            people.publish_version(person_id)
