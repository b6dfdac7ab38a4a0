"""The names of the people who did something, for lists of it."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from portal.models import people


def list_names(person_ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Return the name of each of these people who exists."""
    return people.list_names({person_id for person_id in person_ids if person_id is not None})
