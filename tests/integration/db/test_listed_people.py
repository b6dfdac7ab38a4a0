"""The console's list in the database: what triggers keep, and that its stage is the one the person is shown."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from portal.db import db, transaction
from portal.domain.funnel import NOT_SIGNED_IN
from portal.domain.stages import Stage
from portal.models import board, people_list
from portal.models.listed_people import ListedPerson, split_search
from portal.models.people import Person
from portal.models.roster import RosterEntry
from portal.services import journey
from tests import factories
from tests.factories import NOW
from tests.integration.db.listed_cases import CASES, ROSTER_FACTS, choose_photo, make_case, make_listed


def find_listed(person: Person, now: datetime = NOW) -> people_list.ListRow:
    row = people_list.find_row(person.id, now=now)
    assert row is not None
    return row


@given(case=CASES)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_stage_in_sql_equals_derived_stage(app: Flask, case: dict[str, Any]) -> None:
    person = make_case(case)
    assert find_listed(person).stage == journey.get_journey(person).stage


def derive_since(row: ListedPerson, stage: str) -> datetime | None:
    """Return when a row came to its stage, as far as the records show."""
    moments = {
        NOT_SIGNED_IN: row.invited_at,
        Stage.NOT_STARTED: None,
        Stage.CONSENT_GIVEN: row.requested_at or row.agreed_at,
        Stage.WITHDRAWN: row.withdrawn_at,
        Stage.READY: row.copied_at,
        Stage.CHOSEN: row.chosen_at,
    }
    return moments.get(stage, row.status_since or row.requested_at) or row.signed_in_at


@given(case=CASES, roster=st.none() | ROSTER_FACTS)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_since_in_sql_equals_its_definition(app: Flask, case: dict[str, Any], roster: dict[str, Any] | None) -> None:
    row = find_listed(make_listed(case, roster, is_reported=False))
    assert row.since == derive_since(row.listed, row.stage)


def test_days_are_those_of_utc_and_of_active_people(app: Flask) -> None:
    midnight = NOW.replace(hour=0)
    for minutes in (-1, 0, 1):
        person = factories.make_person()
        with transaction() as session:
            session.execute(text("SET LOCAL TimeZone = 'Pacific/Auckland'"))
            session.get_one(Person, person.id).created_at = midnight + timedelta(minutes=minutes)
    # The last one does not count.
    with transaction() as session:
        session.get_one(Person, person.id).deactivated_at = NOW
    days = [(midnight.date() - timedelta(days=1), 1), (midnight.date(), 1)]
    assert board.count_by_day(ListedPerson.signed_in_on) == days
    assert board.read_last_move() == midnight


def test_list_follows_name_address_and_erasure(app: Flask) -> None:
    person = factories.make_person("ada@example.com", name="Ada Byron")
    with transaction() as session:
        session.get_one(Person, person.id).name = "Ada Lovelace"
    assert find_listed(person).listed.name == "Ada Lovelace"
    assert count_terms("lovelace") == 1
    assert count_terms("byron") == 0
    with transaction() as session:
        session.delete(session.get_one(Person, person.id))
    assert people_list.find_row(person.id, now=NOW) is None
    assert count_terms("ada") == 0


CHANGED_ENTRIES = {
    "address": ("grace@example.com", "email"),
    "name": ("Grace Hopper", "name"),
    "team": ("Navy", "team"),
    "employee_number": ("1906", "employee_number"),
    "due_on": (NOW.date(), "due_on"),
    "invited_at": (NOW, "invited_at"),
    "reminders": (3, "reminder_count"),
    "reminded_at": (NOW, "reminded_at"),
    "muted_at": (NOW, "muted_at"),
    "bounced_at": (NOW, "bounced_at"),
    "left_at": (NOW, "left_at"),
}


def make_entry() -> UUID:
    entry = RosterEntry(address="ada@example.com", name="Ada", source="import", created_at=NOW, changed_at=NOW)
    with transaction() as session:
        session.add(entry)
        session.flush()
        return entry.id


@pytest.mark.parametrize("column", CHANGED_ENTRIES)
def test_list_follows_every_column_of_an_entry_that_it_shows(app: Flask, column: str) -> None:
    value, shown = CHANGED_ENTRIES[column]
    entry_id = make_entry()
    with transaction() as session:
        setattr(session.get_one(RosterEntry, entry_id), column, value)
    assert db.session.scalar(text(f"SELECT {shown} FROM listed_people WHERE id = :id"), {"id": entry_id}) == value


def test_entry_is_where_it_is_since_it_was_invited(app: Flask) -> None:
    entry_id = make_entry()
    for invited_at in (None, NOW):
        with transaction() as session:
            session.get_one(RosterEntry, entry_id).invited_at = invited_at
        row = people_list.find_row(entry_id, now=NOW)
        assert row is not None
        assert (row.stage, row.since) == (NOT_SIGNED_IN, invited_at)


def test_being_listed_again_refreshes_no_row(app: Flask) -> None:
    """An import sets ``listed_at`` of 20,000 entries in one statement; the list does not show it."""
    entry_id = make_entry()
    version = text("SELECT xmin::text FROM listed_people WHERE id = :id")
    before = db.session.scalar(version, {"id": entry_id})
    db.session.rollback()
    with transaction() as session:
        session.get_one(RosterEntry, entry_id).listed_at = NOW
    assert db.session.scalar(version, {"id": entry_id}) == before


def count_terms(term: str) -> int:
    return db.session.scalar(text("SELECT count(*) FROM search_terms WHERE term = :term"), {"term": term}) or 0


@pytest.mark.parametrize(
    ("name", "search"),
    [
        ("Jürgen Großmann", "juergen gross"),
        ("Jürgen Großmann", "jurgen groß"),
        ("Łukasz Wiśniewski", "lukasz wisn"),
        ("Siobhán O’Rourke", "o'rourke"),
        ("Þórdís Jónsdóttir", "thordis"),
        ("Олена Коваленко", "олена ков"),
        ("Προκόπης Παπαδόπουλος", "ΠΑΠΑΔ"),
        ("Nguyễn Thị Lan", "nguyen lan"),
        ("佐藤 美咲", "美咲"),
        ("דוד לוי", "לוי"),
        ("Amira Haddad أميرة حداد", "حداد"),
    ],
)
def test_names_are_found_by_beginnings_of_their_terms(app: Flask, name: str, search: str) -> None:
    person = factories.make_person(name=name)
    factories.make_person(name="Zed Other")
    terms = tuple(split_search(search))
    found = people_list.list_rows(people_list.PeopleFilter(terms=terms), now=NOW, limit=9)
    assert [row.listed.id for row in found] == [person.id]


def test_two_transactions_about_one_person_lose_neither_fact(app: Flask) -> None:
    person = factories.make_person()
    shoot, photos = factories.make_finished_shoot(person)
    statements = (
        f"UPDATE shoots SET problem = 'refused' WHERE id = '{shoot.id}'",
        f"UPDATE people SET name = 'Second Name' WHERE id = '{person.id}'",
    )
    with db.engine.connect() as first, db.engine.connect() as second:
        for connection, statement in zip((first, second), statements, strict=True):
            connection.execute(text(statement))
        first.commit()
        second.commit()
    row = find_listed(person).listed
    assert (row.problem, row.name) == ("refused", "Second Name")
    choose_photo(person, photos[0])
    assert find_listed(person).listed.chosen_at == NOW
