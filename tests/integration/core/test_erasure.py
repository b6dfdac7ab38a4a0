"""Erasure: no data is left locally or at the provider, despite interruptions, and nothing restores it."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from portal.db import transaction
from portal.domain.erasure import ErasureScope
from portal.domain.errors import NotFound
from portal.models import erasures
from portal.models.people import Person
from portal.models.roster import RosterEntry
from portal.provider.errors import Forbidden, Unavailable
from portal.services import erasure, erasure_replay, erasure_run, fsck, withdrawal
from portal.services.shoots import request_shoot
from portal.services.sweep import reconcile_shoots
from portal.storage import LocalStorage
from tests.factories import NOW, make_consent, make_person
from tests.integration.core.canary_person import CANARY, build_event, list_remains, make_participant
from tests.integration.core.doubles import build_lost_response
from tests.integration.core.processes import TOP, build_environment
from tests.integration.core.worked_example import WorkedExample

CRASHES = (
    "erase.after_record",
    "erase.after_jobs",
    "erase.after_files",
    "erase.after_deliveries",
    "erase.after_notifications",
    "erase.after_rows",
    "erase.after_look",
    "erase.after_delete",
    "erase.before_finish",
)


class Stopped(BaseException):
    """The process died here."""


def request_erasure(worked_example: WorkedExample, person: Person) -> Any:
    return erasure.request_erasure(person.id, worked_example.portal)


@pytest.mark.privacy("P09")
def test_erasure_removes_everything_and_writes_a_tombstone(worked_example: WorkedExample) -> None:
    person = make_participant(worked_example)
    assert list_remains(worked_example)
    receipt = request_erasure(worked_example, person)
    worked_example.work()
    assert list_remains(worked_example) == []
    assert {model.status for model in worked_example.provider.models.values()} == {"deleted"}
    [(finished, sealed, sessions, proof)] = worked_example.query(
        "SELECT finished_at, email, provider_ids, consents FROM erasures WHERE id = %(id)s", id=receipt
    )
    assert (finished, sealed, sessions) == (NOW, None, [])
    assert [(each["provider"], each["given_at"]) for each in proof] == [("profilebakery", NOW.isoformat())]
    assert list(fsck.list_violations(worked_example.portal.storage, now=worked_example.clock())) == []


def test_repeated_erasure_request_is_one_and_unknown_email_is_none(worked_example: WorkedExample) -> None:
    person = make_participant(worked_example)
    assert request_erasure(worked_example, person) == request_erasure(worked_example, person)
    worked_example.work()
    assert worked_example.provider.called("delete_model") == 1
    with pytest.raises(NotFound):
        request_erasure(worked_example, person)


@pytest.mark.privacy("P10")
def test_local_data_is_erased_during_provider_outage(worked_example: WorkedExample) -> None:
    person = make_participant(worked_example)
    worked_example.provider.fails("delete_model", *[Unavailable("DELETE", "/m")] * 3)
    request_erasure(worked_example, person)
    assert worked_example.work(ignore_schedule=False) == ["deliveries.apply", "people.erase"]
    assert list_remains(worked_example) == []
    assert erasures.count_unfinished() == (1, NOW)
    worked_example.clock.advance(hours=2)
    worked_example.work()
    assert erasures.count_unfinished() == (0, None)


@pytest.mark.privacy("P10")
def test_refused_deletion_is_retried_by_each_sweep_and_reported_after_a_week(worked_example: WorkedExample) -> None:
    person = make_participant(worked_example)
    worked_example.provider.fails("delete_model", *[Forbidden("DELETE", "/m", status=403)] * 5)
    request_erasure(worked_example, person)
    worked_example.work()
    assert worked_example.list_queued("people.erase") == []
    worked_example.clock.advance(days=8)
    [violation] = fsck.list_violations(worked_example.portal.storage, now=worked_example.clock())
    assert violation.rule == "provider has not confirmed an erasure for a week"
    reconcile_shoots(worked_example.portal)
    worked_example.work()
    assert erasures.count_unfinished() == (0, None)


def test_provider_deletion_is_verified_and_repeated(worked_example: WorkedExample) -> None:
    person = make_participant(worked_example)
    [model] = worked_example.provider.models.values()

    def reactivate_model() -> None:
        model.status = "active"

    worked_example.provider.fails("get_model", reactivate_model)
    request_erasure(worked_example, person)
    worked_example.work()
    assert worked_example.provider.called("delete_model") == 2
    assert model.status == "deleted"
    assert erasures.count_unfinished() == (0, None)


@pytest.mark.privacy("P12")
@pytest.mark.parametrize("place", CRASHES)
def test_erasure_killed_at_any_step_is_completed_by_next_run(
    worked_example: WorkedExample, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    person = make_participant(worked_example)
    if place == "erase.after_look":
        worked_example.query("UPDATE shoots SET provider_id = NULL, attempts = 1")
    receipt = request_erasure(worked_example, person)

    def die(local: str) -> None:
        if local == place:
            raise Stopped

    monkeypatch.setattr(erasure_run, "failpoint", die)
    with pytest.raises(Stopped):
        erasure_run.run_erasure(receipt, worked_example.portal)
    monkeypatch.undo()
    worked_example.work()
    assert list_remains(worked_example) == []
    assert erasures.count_unfinished() == (0, None)
    assert {model.status for model in worked_example.provider.models.values()} == {"deleted"}


def test_session_with_lost_create_response_is_found_and_deleted(worked_example: WorkedExample) -> None:
    person = make_person(CANARY)
    make_consent(person)
    request_shoot(person, provider="profilebakery", development=False, now=NOW)
    worked_example.provider.after_create.append(build_lost_response())
    worked_example.work(limit=1)
    assert [model.status for model in worked_example.provider.models.values()] == ["onboarding"]
    request_erasure(worked_example, person)
    worked_example.work()
    assert [model.status for model in worked_example.provider.models.values()] == ["deleted"]
    assert list_remains(worked_example) == []


def test_erasure_waits_for_running_jobs(worked_example: WorkedExample) -> None:
    person = make_participant(worked_example)
    [(shoot_id,)] = worked_example.query("SELECT id FROM shoots")
    worked_example.query(
        "INSERT INTO procrastinate_jobs (task_name, queue_name, priority, status, args) "
        "VALUES ('photos.copy', 'default', 0, 'doing', jsonb_build_object('shoot_id', %(id)s::text))",
        id=str(shoot_id),
    )
    [(photo_id,)] = worked_example.query("SELECT id FROM photos LIMIT 1")
    request_erasure(worked_example, person)
    worked_example.work(limit=1)
    assert worked_example.provider.called("delete_model") == 0
    # The copy had the file in its hands when everything was deleted.
    worked_example.portal.storage.put(f"photos/{photo_id}/96-1.webp", b"face", "image/webp")
    worked_example.query("UPDATE procrastinate_jobs SET status = 'succeeded' WHERE status = 'doing'")
    worked_example.work()
    assert list_remains(worked_example) == []


@pytest.mark.privacy("P11")
def test_late_webhooks_and_sweeps_do_not_restore_erased_people(worked_example: WorkedExample) -> None:
    person = make_participant(worked_example)
    [provider_id] = worked_example.provider.models
    request_erasure(worked_example, person)
    worked_example.work()
    worked_example.send(build_event(provider_id, "evt_2"))
    worked_example.work()
    reconcile_shoots(worked_example.portal)
    worked_example.work()
    assert worked_example.query("SELECT body FROM deliveries") == [(None,), (None,)]
    assert list_remains(worked_example) == []
    assert worked_example.query("SELECT count(*) FROM people") == [(0,)]


def test_person_returning_during_erasure_gets_no_old_session(
    worked_example: WorkedExample,
) -> None:
    person = make_participant(worked_example)
    worked_example.provider.fails("delete_model", *[Unavailable("DELETE", "/m")] * 2)
    request_erasure(worked_example, person)
    worked_example.work(limit=2, ignore_schedule=False)
    again = make_person(CANARY, subject="again")
    make_consent(again)
    shoot = request_shoot(again, provider="profilebakery", development=False, now=NOW)
    worked_example.work(limit=1, ignore_schedule=False)
    assert (worked_example.shoot(shoot).provider_id, worked_example.shoot(shoot).problem) == (None, "refused")
    worked_example.clock.advance(hours=1)
    worked_example.work()
    request_shoot(again, provider="profilebakery", development=False, now=worked_example.clock())
    worked_example.work()
    assert worked_example.shoot(shoot).provider_id is not None


@pytest.mark.asvs("A09")
def test_erased_persons_sessions_end_permanently(worked_example: WorkedExample) -> None:
    person = make_participant(worked_example)
    request_erasure(worked_example, person)
    assert worked_example.query("SELECT deactivated_at FROM people") == [(NOW,)]
    worked_example.clock.advance(seconds=1)
    assert erasures.list_people_with_email(f" {CANARY.upper()} ") == [person.id]
    worked_example.work()
    assert erasures.list_people_with_email(CANARY) == []


def test_an_erasure_is_overdue_only_after_its_time(worked_example: WorkedExample) -> None:
    request_erasure(worked_example, make_participant(worked_example))
    assert erasures.list_unfinished(before=NOW) == []
    assert len(erasures.list_unfinished(before=NOW + timedelta(seconds=1))) == 1


def test_the_command_erases_local_data_and_leaves_the_rest_to_the_worker(
    worked_example: WorkedExample, database_url: str, tmp_path: Path
) -> None:
    person = make_participant(worked_example)
    env = build_environment(database_url, tmp_path)
    stored = LocalStorage(tmp_path / "photos")
    [(photo_id,)] = worked_example.query("SELECT id FROM photos LIMIT 1")
    stored.put(f"photos/{photo_id}/640-1.webp", b"face", "image/webp")

    def erase(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "portal", "erase", *arguments]
        return subprocess.run(
            command, cwd=TOP, env=env, capture_output=True, text=True, timeout=60, check=False, input="n\n"
        )

    unknown, undecided, done = erase("nobody@example.com"), erase(CANARY), erase(CANARY.upper(), "--yes")
    assert (unknown.returncode, undecided.returncode, done.returncode) == (1, 1, 0)
    assert unknown.stderr == "No account and no roster entry has this address; it may be erased already.\n"
    [(receipt, person_id, local_at)] = worked_example.query("SELECT id, person_id, local_at FROM erasures")
    assert (person_id, local_at is not None) == (person.id, True)
    assert done.stdout.splitlines()[-1].startswith(str(receipt))
    assert list(stored.list("photos/")) == []
    assert worked_example.query("SELECT count(*) FROM people") == [(0,)]
    assert worked_example.list_queued("people.erase") == [{"erasure_id": str(receipt)}]
    assert "canary" not in (done.stdout + done.stderr).lower()


def run_command(database_url: str, tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "portal", "erase", *arguments],
        cwd=TOP, env=build_environment(database_url, tmp_path), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_command_erases_a_person_without_an_account(
    worked_example: WorkedExample, database_url: str, tmp_path: Path
) -> None:
    with transaction() as session:
        session.add(RosterEntry(address=CANARY, name="Canary", source="import", created_at=NOW, changed_at=NOW))
    done, again = (run_command(database_url, tmp_path, CANARY.upper(), "--yes") for _ in range(2))
    assert (done.returncode, again.returncode) == (0, 1)
    assert done.stdout == "The roster entry of a person who never signed in is deleted; there is no receipt.\n"
    assert list_remains(worked_example) == []


def test_command_erases_one_of_several_accounts_with_an_address(
    worked_example: WorkedExample, database_url: str, tmp_path: Path
) -> None:
    kept = make_person(email="ada@example.com", subject="old")
    erased = make_person(email="ada@example.com", subject="new")
    done = run_command(database_url, tmp_path, "ada@example.com", "--yes", "--person", str(erased.id))
    assert done.returncode == 0, done.stderr
    assert worked_example.query("SELECT id FROM people") == [(kept.id,)]


def dump_tables(worked_example: WorkedExample) -> dict[str, list[Any]]:
    """Copy the tables of a person, as a backup does."""
    tables = ("people", "consents", "shoots", "photos", "renditions")
    return {name: worked_example.query(f"SELECT to_jsonb(t) FROM {name} t") for name in tables}


def restore_tables(worked_example: WorkedExample, backup: dict[str, list[Any]]) -> None:
    """Bring the database back to the backup, which is older than any erasure."""
    worked_example.query("TRUNCATE people, erasures, tombstones CASCADE")
    for name, rows in backup.items():
        for (row,) in rows:
            worked_example.query(
                f"INSERT INTO {name} SELECT (jsonb_populate_record(NULL::{name}, %(row)s::jsonb)).*",
                row=json.dumps(row),
            )


@pytest.mark.privacy("P20")
@pytest.mark.parametrize("scope", [None, ErasureScope.PICTURES])
def test_restored_backup_restores_no_erased_person(worked_example: WorkedExample, scope: ErasureScope | None) -> None:
    """P20: tombstones outside the database are applied again."""
    person = make_participant(worked_example)
    [provider_id] = worked_example.provider.models
    backup = dump_tables(worked_example)
    worked_example.clock.advance(days=1)
    if scope is None:
        request_erasure(worked_example, person)
    else:
        withdrawal.withdraw_consent(person, scope, worked_example.portal)
    worked_example.work()
    worked_example.query("DELETE FROM deliveries")
    restore_tables(worked_example, backup)
    assert erasure_replay.replay_erasures(worked_example.portal) == (1, 1)
    worked_example.send(build_event(provider_id, "evt_late"))
    worked_example.work()
    assert worked_example.query("SELECT count(*) FROM photos") == [(0,)]
    assert worked_example.query("SELECT body FROM deliveries") == [(None,)]
    if scope is None:
        assert list_remains(worked_example) == []
    else:
        assert worked_example.query("SELECT withdrawn_at IS NOT NULL FROM consents") == [(True,)]
    # The record of the repeated erasure changes nothing when the command runs once more.
    assert erasure_replay.replay_erasures(worked_example.portal)[1] == 0
