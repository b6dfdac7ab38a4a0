"""The names of the people who did something, for lists of it."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from portal.models import people


def list_names(person_ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Return the name of each of these people who exists."""
    found = (people.find_person(person_id) for person_id in set(person_ids) if person_id is not None)
    return {person.id: person.name for person in found if person is not None}
