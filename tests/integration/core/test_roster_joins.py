"""People who signed in before they were listed: joined to their entry by an import, and absent like all others."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from itertools import permutations
from typing import Any

import psycopg
import pytest

from portal.db import transaction
from portal.domain.identity import Identity
from portal.domain.retention_periods import RetentionPeriods
from portal.models import people, roster, roster_absence
from portal.models.people import Person
from portal.services import leavers, roster_joins, roster_leaving
from portal.services import people as accounts
from portal.services.people import NewSession
from tests.factories import NOW, make_finished_shoot, make_person
from tests.integration.core.roster_lists import apply_import, read_list
from tests.integration.core.worked_example import WorkedExample
from tests.waiting import wait_until

PERIODS = RetentionPeriods()
ANN = "ann@corp.example"
WITH_ANN = f"email\n{ANN}\nben@corp.example\n"
WITHOUT_ANN = "email\nben@corp.example\n"
EVENTS = ("sign in", "list", "full list without")


def sign_in(example: WorkedExample, subject: str = "ann", email: str = "Ann@Corp.example") -> Person:
    """Sign a person in by the service that a callback of the identity provider calls."""
    identity = Identity(
        issuer="https://id.example",
        subject=subject,
        name="Ann",
        email=email,
        email_verified=True,
        groups=(),
        session_id=None,
    )
    token = f"{subject}{example.clock.now.timestamp()}".encode()
    session = NewSession(token_hash=token, replaces=None, id_token=None, user_agent=None, data={})
    return accounts.sign_in(identity, session, settings=example.portal.settings, locale="en", now=example.clock.now)


def import_list(example: WorkedExample, text: str, *, is_full: bool = False) -> None:
    found = read_list(example, text)
    typed = roster_leaving.get_absence(found).count
    apply_import(example, found, marks_absent=is_full, typed_count=typed)


def get_joined_address(person: Person) -> str | None:
    entry = roster.find_by_person(person.id)
    return entry.address if entry is not None else None


@pytest.mark.privacy("P19")
@pytest.mark.parametrize(
    "events", [(*order, "full list without") for order in permutations(EVENTS[:2])] + [EVENTS[::2]]
)
def test_absence_from_a_full_list_starts_the_period_in_every_order(
    events: tuple[str, ...], worked_example: WorkedExample
) -> None:
    """Signed in before or after they were listed, or never listed at all."""
    for event in events:
        worked_example.clock.now += timedelta(days=1)
        if event == "sign in":
            person = sign_in(worked_example)
            make_finished_shoot(person)
        else:
            import_list(worked_example, WITH_ANN if event == "list" else WITHOUT_ANN, is_full=event != "list")
    leaving = leavers.find_leaving(person.id, PERIODS)
    assert leaving is not None
    assert leaving.since == worked_example.clock.now
    assert len(worked_example.query("SELECT 1 FROM listed_people WHERE email ILIKE %(email)s", email=ANN)) == 1
    import_list(worked_example, WITH_ANN)
    assert leavers.find_leaving(person.id, PERIODS) is None


@pytest.mark.parametrize("events", [order for order in permutations(EVENTS) if order[-1] == "sign in"])
def test_sign_in_after_the_absence_stops_the_period(events: tuple[str, ...], worked_example: WorkedExample) -> None:
    for event in (*events, "sign in"):
        worked_example.clock.now += timedelta(days=1)
        if event == "sign in":
            person = sign_in(worked_example)
        else:
            import_list(worked_example, WITH_ANN if event == "list" else WITHOUT_ANN, is_full=event != "list")
    make_finished_shoot(person)
    assert leavers.find_leaving(person.id, PERIODS) is None


def test_import_joins_only_the_one_account_that_has_proven_the_address(worked_example: WorkedExample) -> None:
    shared = [make_person("two@corp.example"), make_person("Two@corp.example")]
    deactivated = make_person("gone@corp.example", deactivated_at=NOW)
    spelled = make_person("One@STRAßE.example")
    import_list(worked_example, "email\ntwo@corp.example\ngone@corp.example\none@xn--strae-oqa.example\n")
    assert [get_joined_address(each) for each in (*shared, deactivated)] == [None, None, None]
    assert get_joined_address(spelled) == "one@xn--strae-oqa.example"


def test_accounts_that_share_an_address_are_not_absent(worked_example: WorkedExample) -> None:
    make_person("two@corp.example")
    make_person("Two@corp.example")
    deactivated = make_person("gone@corp.example", deactivated_at=NOW)
    worked_example.clock.now += timedelta(days=1)
    assert roster_absence.count_absent(read_list(worked_example, WITHOUT_ANN)) == 0
    assert get_joined_address(deactivated) is None


def test_person_listed_by_another_address_is_found_by_employee_number(worked_example: WorkedExample) -> None:
    make_person("a.smith@corp.example", employee_number="17")
    absent = make_person("old@corp.example", employee_number="18", name="Olga Old")
    worked_example.clock.now += timedelta(days=1)
    found = read_list(worked_example, "email;employee number\nann.smith@corp.example;17\n")
    assert [(each.address, each.name) for each in roster_absence.list_absent(found, 10)] == [
        ("old@corp.example", "Olga Old")
    ]
    assert roster_leaving.get_absence(found) == roster_leaving.Absence(1, is_large=True)
    apply_import(worked_example, found, marks_absent=True, typed_count=1)
    entry = roster.find_by_person(absent.id)
    assert entry is not None
    assert entry.left_at == worked_example.clock.now


@pytest.mark.privacy("P19")
def test_line_that_reports_a_leaver_marks_a_person_never_listed(worked_example: WorkedExample) -> None:
    person = make_person(ANN)
    make_finished_shoot(person)
    found = read_list(worked_example, f"email;left\n{ANN};yes\nnobody@corp.example;yes\n")
    assert found.counts == {"leaving": 1, "left": 1}
    assert apply_import(worked_example, found).counts["marked_left"] == 1
    assert leavers.find_leaving(person.id, PERIODS) is not None
    assert worked_example.query("SELECT address FROM roster_entries") == [(ANN,)]


def test_period_of_an_entry_joined_after_the_mark_starts_with_the_join(worked_example: WorkedExample) -> None:
    """A release before this one left the entry unjoined; its mark may be older than the period."""
    import_list(worked_example, WITH_ANN)
    worked_example.clock.now += timedelta(days=1)
    import_list(worked_example, WITHOUT_ANN, is_full=True)
    person = make_person(ANN)
    make_finished_shoot(person)
    worked_example.clock.now += timedelta(days=100)
    assert roster_joins.join_people(worked_example.clock.now) == 1
    leaving = leavers.find_leaving(person.id, PERIODS)
    assert leaving is not None
    assert leaving.since == worked_example.clock.now


def test_import_waits_for_a_sign_in_that_has_found_no_entry(worked_example: WorkedExample) -> None:
    """The sign-in is not committed while the list is applied; neither sees what the other has written."""
    searched, applied = threading.Event(), threading.Event()

    def sign_in_slowly() -> None:
        with transaction():
            person = people.upsert_person(
                "https://id.example", "ann", email=ANN, name="Ann", groups=[], locale="en", now=NOW
            )
            assert roster.join_person(person.id, ANN) is None
            searched.set()
            assert applied.wait(60)

    def apply_list() -> None:
        assert searched.wait(60)
        import_list(worked_example, WITH_ANN)

    def release_when_waiting() -> None:
        query = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        with psycopg.connect(
            worked_example.connection.info.dsn, password=worked_example.connection.info.password
        ) as own:
            wait_until(lambda: bool(own.execute(query).fetchall()))
        applied.set()

    results = worked_example.run_concurrently([sign_in_slowly, apply_list, release_when_waiting])
    assert results == [None, None, None]
    joined = worked_example.query("SELECT people.email FROM roster_entries JOIN people ON people.id = person_id")
    assert joined == [(ANN,)]


def test_sign_ins_during_an_import_leave_no_person_without_their_entry(worked_example: WorkedExample) -> None:
    addresses = [f"person{number}@corp.example" for number in range(12)]
    found = read_list(worked_example, "\n".join(["email", *addresses]))
    calls: list[Callable[[], Any]] = [partial(apply_import, worked_example, found)]
    calls += [partial(sign_in, worked_example, f"subject-{each}", each) for each in addresses]
    results = worked_example.run_concurrently(calls)
    assert [each for each in results if isinstance(each, Exception)] == []
    joined = worked_example.query(
        "SELECT count(*) FROM roster_entries JOIN people ON people.id = person_id WHERE address = people.email"
    )
    assert joined == [(12,)]
    assert worked_example.query("SELECT count(*) FROM listed_people") == [(12,)]
    assert people.find_by_subject("https://id.example", "subject-person0@corp.example") is not None
