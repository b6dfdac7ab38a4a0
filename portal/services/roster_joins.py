"""Joining people who signed in before they were on the roster to their entries."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from portal.db import transaction
from portal.models import roster, roster_joins

# Sign-ins wait while a batch is joined, for about a fifth of a second.
_PEOPLE = 200


def join_people(now: datetime) -> int:
    """Join people to the entries with their addresses, by the rule of a sign-in; return how many.

    Can be stopped anywhere and run again. A sign-in that runs at the same time finds the entries, or is waited for:
    no person remains without the entry that the list has for them.
    """
    joined = 0
    after: UUID | None = None
    while True:
        with transaction():
            roster.lock_joins(is_shared=False)
            people = roster_joins.list_unlisted(after=after, limit=_PEOPLE)
            joined += roster_joins.join_entries(people, now)
        if not people:
            return joined
        after = people[-1].id


def list_unlisted_addresses() -> frozenset[str]:
    """Return the normalized addresses of the people who have signed in and are not on the roster."""
    found: set[str] = set()
    after: UUID | None = None
    while True:
        with transaction():
            people = roster_joins.list_unlisted(after=after, limit=_PEOPLE)
        if not people:
            return frozenset(found)
        found.update(one.address for one in people)
        after = people[-1].id
