"""Two accounts with one address, and a provider that has an older session for a person's address."""

from __future__ import annotations

from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import select, text

from portal import cli
from portal.db import db
from portal.domain.errors import NotFound, RelinkConflict
from portal.domain.stages import Problem
from portal.models import consents, people
from portal.models.audit import AuditEntry
from portal.models.people import Person
from portal.services import journey, relinking
from tests.factories import NOW, make_consent, make_finished_shoot, make_person
from tests.integration.core.requested_shoot import make_ready_person, press_start
from tests.integration.core.worked_example import WorkedExample


def make_two_accounts() -> tuple[Person, Person]:
    """A person with photos, and the empty account that a new registration at the identity provider made."""
    older = make_person(email="ada@example.com", subject="old-ada", created_at=NOW - timedelta(days=90))
    make_finished_shoot(older, 3)
    newer = make_person(email="Ada@Example.com", subject="new-ada", created_at=NOW)
    make_consent(newer)
    return older, newer


def list_audit_entries(action: str) -> list[AuditEntry]:
    return list(db.session.scalars(select(AuditEntry).where(AuditEntry.action == action)))


def test_older_account_keeps_its_records_and_gets_the_new_identity(worked_example: WorkedExample) -> None:
    older, newer = make_two_accounts()
    pair = relinking.find_pair("ada@example.com")
    assert pair is not None
    assert (pair.older.person.id, pair.older.photos, pair.newer.photos) == (older.id, 3, 0)
    assert pair.is_possible
    relinking.relink_person(older.id, newer.id, actor_id=None, now=NOW)
    db.session.expire_all()
    kept = people.find_person(older.id)
    assert kept is not None
    assert (kept.subject, kept.email) == ("new-ada", "Ada@Example.com")
    assert people.find_person(newer.id) is None
    assert consents.find_current(older.id) is not None
    (entry,) = list_audit_entries("person.relinked")
    assert (entry.subject_id, entry.detail) == (older.id, {"replaced": str(newer.id)})


def test_account_with_work_of_its_own_is_not_deleted(worked_example: WorkedExample) -> None:
    older, newer = make_two_accounts()
    make_finished_shoot(newer, 1)
    pair = relinking.find_pair("ada@example.com")
    assert pair is not None
    assert not pair.is_possible
    with pytest.raises(RelinkConflict):
        relinking.relink_person(older.id, newer.id, actor_id=None, now=NOW)


def test_only_accounts_with_one_address_can_be_linked(worked_example: WorkedExample) -> None:
    older, _ = make_two_accounts()
    other = make_person(email="bob@example.com")
    for target in (other.id, older.id):
        with pytest.raises(NotFound):
            relinking.relink_person(older.id, target, actor_id=None, now=NOW)
    make_person(email="ada@example.com", subject="third")
    assert relinking.find_pair("ada@example.com") is None


@pytest.mark.parametrize("arguments", [["ada@example.com"], ["--all"]])
def test_command_shows_both_and_moves_after_confirmation(
    arguments: list[str], worked_example: WorkedExample, monkeypatch: pytest.MonkeyPatch
) -> None:
    older, newer = make_two_accounts()
    monkeypatch.setattr(cli, "load_settings", lambda: None)
    run = CliRunner().invoke
    declined = run(cli.run_command, ["relink", *arguments], input="n\n", obj=lambda: worked_example.app)
    assert declined.exit_code == 1
    assert f"older: {older.id}" in declined.output
    assert f"newer: {newer.id}" in declined.output
    assert people.find_person(newer.id) is not None
    done = run(cli.run_command, ["relink", *arguments], input="y\n", obj=lambda: worked_example.app)
    assert (done.exit_code, "1 linked, 0 left" in done.output) == (0, True)
    db.session.expire_all()
    assert db.session.scalar(text("SELECT count(*) FROM people WHERE subject = 'new-ada'")) == 1


def test_older_session_for_the_address_waits_for_an_admin(worked_example: WorkedExample) -> None:
    """A reused address: the provider still has the finished session of a former colleague."""
    old = worked_example.provider.add("ada@example.com", "active", created_at=NOW - timedelta(days=300))
    person = make_ready_person("ada@example.com")
    shoot = press_start(person)
    worked_example.work()
    assert worked_example.shoot(shoot).provider_id is None
    assert journey.get_journey(person).problem is Problem.ADDRESS_TAKEN
    press_start(person)
    worked_example.work()
    assert journey.get_journey(person).problem is Problem.ADDRESS_TAKEN, "pressing again changes nothing"
    admin = make_person(role="admin")
    relinking.adopt_session(person.id, actor_id=admin.id, now=NOW)
    worked_example.work(ignore_schedule=False)
    assert worked_example.shoot(shoot).provider_id == old.id
    assert [entry.actor_id for entry in list_audit_entries("shoot.adoption_allowed")] == [admin.id]


def test_session_as_new_as_the_request_is_adopted(worked_example: WorkedExample) -> None:
    person = make_ready_person("ada@example.com")
    shoot = press_start(person)
    found = worked_example.provider.add("ada@example.com", created_at=NOW)
    worked_example.work()
    assert worked_example.shoot(shoot).provider_id == found.id
    assert journey.get_journey(person).problem is not Problem.ADDRESS_TAKEN


def test_adoption_needs_a_request_that_waits_for_it(worked_example: WorkedExample) -> None:
    person = make_ready_person()
    with pytest.raises(NotFound):
        relinking.adopt_session(person.id, actor_id=person.id, now=NOW)
