"""People who have signed in and are not on the roster: joining them to the entry with their address, adding entries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, String, any_, exists, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, insert

from portal.db import db
from portal.domain.email_address import normalize_lenient
from portal.models.people import Person
from portal.models.roster import RosterEntry


@dataclass(frozen=True)
class UnlistedPerson:
    """A person without a roster entry; ``address`` is normalized, ``spelling`` is the address in lower case."""

    id: UUID
    address: str
    spelling: str


def is_unlisted() -> ColumnElement[bool]:
    """Return the condition that a person has no roster entry and is not deactivated."""
    return Person.deactivated_at.is_(None) & ~exists().where(RosterEntry.person_id == Person.id)


def list_unlisted(*, after: UUID | None, limit: int) -> list[UnlistedPerson]:
    """List people without a roster entry by id, those after an id."""
    query = select(Person.id, Person.email).where(is_unlisted()).order_by(Person.id).limit(limit)
    found = db.session.execute(query if after is None else query.where(Person.id > after))
    return [UnlistedPerson(row[0], normalize_lenient(row[1]), row[1].lower()) for row in found]


def join_entries(people: Sequence[UnlistedPerson], now: datetime) -> int:
    """Join people to the unjoined entries with their addresses; return how many.

    A person whose address another account has proven as well is not joined: the next sign-in decides. The period of
    a person who is marked as left starts now, since nothing could be listed for deletion before.
    """
    by_address = {one.address: one for one in people}
    query = select(RosterEntry).where(
        RosterEntry.address == any_(literal(list(by_address), ARRAY(String))), RosterEntry.person_id.is_(None)
    )
    found = list(db.session.scalars(query.order_by(RosterEntry.id).with_for_update()))
    shared = _list_shared(people) if found else set()
    joined = [entry for entry in found if not shared & {entry.address, by_address[entry.address].spelling}]
    for entry in joined:
        entry.person_id = by_address[entry.address].id
        if entry.left_at is not None:
            entry.left_at = entry.changed_at = now
    return len(joined)


def _list_shared(people: Sequence[UnlistedPerson]) -> set[str]:
    """List those addresses of these people that more than one account has."""
    spelling = func.lower(Person.email)
    searched = {text for one in people for text in (one.address, one.spelling)}
    query = select(spelling).where(spelling == any_(literal(list(searched), ARRAY(String)))).group_by(spelling)
    in_batch = Counter(one.address for one in people)
    return {*db.session.scalars(query.having(func.count() > 1)), *(each for each, n in in_batch.items() if n > 1)}


def add_entries(people: Sequence[Person], *, source: str, now: datetime, left_at: datetime | None = None) -> int:
    """Add entries of people who have signed in, unless their address is on the roster; return how many.

    Args:
        people: at most a few hundred people.
        source: what adds them, as in :class:`RosterEntry`.
        now: the present, UTC.
        left_at: when they left, None if they have not.
    """
    rows = [
        {
            "id": uuid4(),
            "address": normalize_lenient(person.email),
            "name": person.name,
            "employee_number": person.employee_number,
            "source": source,
            "person_id": person.id,
            "created_at": now,
            "changed_at": now,
            "left_at": left_at,
        }
        for person in people
    ]
    if not rows:
        return 0
    query = insert(RosterEntry).values(rows).on_conflict_do_nothing().returning(RosterEntry.id)
    return len(db.session.scalars(query).all())
