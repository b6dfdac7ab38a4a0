"""People who are not in an imported list: those on the roster, and those who signed in without being on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, exists, func, null, select, text, union_all, update
from sqlalchemy.orm import aliased

from portal.db import db
from portal.domain.roster_lines import Verdict
from portal.models import roster, roster_joins
from portal.models.people import Person
from portal.models.roster import RosterEntry
from portal.models.roster_imports import RosterImport, RosterImportLine

_ROWS = 500
_SPELLING = func.lower(Person.email)


@dataclass(frozen=True)
class AbsentPerson:
    """A known person who is not in the list; ``name`` and ``team`` are those of the roster, if they are on it."""

    address: str
    name: str
    team: str | None


def count_absent(roster_import: RosterImport) -> int:
    """Count the people who are not in the list and were known when it came."""
    entries = select(func.count()).select_from(RosterEntry).where(*_is_absent_entry(roster_import))
    people = select(func.count()).select_from(Person).where(*_is_absent_person(roster_import))
    return (db.session.scalar(entries) or 0) + (db.session.scalar(people) or 0)


def count_known() -> int:
    """Count everyone who could be absent: the people on the roster who have not left, and those who signed in."""
    unlisted = select(func.count()).select_from(Person).where(*_is_known_without_entry())
    return roster.count_entries() + (db.session.scalar(unlisted) or 0)


def list_absent(roster_import: RosterImport, limit: int) -> list[AbsentPerson]:
    """List the people who are not in the list by address."""
    entries = select(RosterEntry.address.label("address"), RosterEntry.name, RosterEntry.team)
    people = select(_SPELLING.label("address"), Person.name, null().label("team"))
    found = union_all(
        entries.where(*_is_absent_entry(roster_import)), people.where(*_is_absent_person(roster_import))
    ).subquery()
    return [AbsentPerson(*row) for row in db.session.execute(select(found).order_by(found.c.address).limit(limit))]


def mark_absent(roster_import: RosterImport, now: datetime) -> int:
    """Mark the people who are not in the list as left; return their number."""
    query = update(RosterEntry).where(*_is_absent_entry(roster_import)).values(left_at=now, changed_at=now)
    result = db.session.execute(query.execution_options(synchronize_session=False))
    people = select(Person).where(*_is_absent_person(roster_import))
    return int(getattr(result, "rowcount", 0)) + _add_left(people, now)


_APPLY_LEAVING = text(
    """
    UPDATE roster_entries AS entry SET left_at = :now, changed_at = :now
    FROM roster_import_lines AS line
    WHERE line.import_id = :import_id AND line.verdict = 'leaving' AND entry.address = line.address
      AND entry.left_at IS NULL
    """
)


def apply_leaving(roster_import: RosterImport, now: datetime) -> int:
    """Mark the people as left whose lines report it; return their number."""
    result = db.session.execute(_APPLY_LEAVING, {"import_id": roster_import.id, "now": now})
    is_leaving = _SPELLING.in_(_select_addresses(roster_import, RosterImportLine.verdict == Verdict.LEAVING))
    people = select(Person).where(*_is_known_without_entry(), is_leaving)
    return int(getattr(result, "rowcount", 0)) + _add_left(people, now)


def _add_left(people: Select[Person], now: datetime) -> int:
    """Add entries of people who have none, marked as left."""
    return sum(
        roster_joins.add_entries(batch, source="import", now=now, left_at=now) for batch in _iterate_batches(people)
    )


def _iterate_batches(people: Select[Person]) -> Iterator[list[Person]]:
    # Those of the batch before have an entry now; one whose address is taken must not come again.
    query = people.order_by(Person.id).limit(_ROWS)
    batch = list(db.session.scalars(query))
    while batch:
        yield batch
        batch = list(db.session.scalars(query.where(Person.id > batch[-1].id)))


def _select_addresses(roster_import: RosterImport, *conditions: ColumnElement[bool]) -> Select[str]:
    """Select the addresses of lines. As a set: the lines are too new for the planner to know how many they are."""
    return select(RosterImportLine.address).where(RosterImportLine.import_id == roster_import.id, *conditions)


def _is_absent_entry(roster_import: RosterImport) -> tuple[ColumnElement[bool], ...]:
    is_listed = RosterEntry.address.in_(_select_addresses(roster_import))
    return RosterEntry.left_at.is_(None), RosterEntry.created_at <= roster_import.created_at, ~is_listed


def _is_absent_person(roster_import: RosterImport) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions that a person is neither on the roster nor in the list.

    A list may name a person by another address than the identity provider: their employee number counts as well.
    """
    numbers = select(RosterImportLine.employee_number).where(
        RosterImportLine.import_id == roster_import.id, RosterImportLine.employee_number.is_not(None)
    )
    is_listed = _SPELLING.in_(_select_addresses(roster_import))
    has_number = func.coalesce(Person.employee_number, "").in_(numbers)
    return *_is_known_without_entry(), Person.created_at <= roster_import.created_at, ~is_listed, ~has_number


def _is_known_without_entry() -> tuple[ColumnElement[bool], ...]:
    """Return the conditions that a person is not on the roster and is the only one with their address.

    Of two accounts with one address it is unknown which is meant: neither is absent.
    """
    other = aliased(Person)
    is_shared = exists().where(func.lower(other.email) == _SPELLING, other.id != Person.id)
    on_roster = exists().where(RosterEntry.address == _SPELLING)
    return roster_joins.is_unlisted(), ~is_shared, ~on_roster
