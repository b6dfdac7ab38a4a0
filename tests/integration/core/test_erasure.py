"""Erasure: nothing is left here or at the provider, whatever stops it in between, and nothing brings it back."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from psycopg import sql

from portal.domain.errors import NotFound
from portal.models import erasures
from portal.models.people import Person
from portal.provider.errors import Forbidden, Unavailable
from portal.services import erasure, fsck
from portal.services.shoots import request_shoot
from portal.services.sweep import reconcile_shoots
from portal.storage import LocalStorage
from tests.factories import NOW, agree, make_finished, make_person
from tests.integration.core.bench import Bench
from tests.integration.core.doubles import lost_answer
from tests.integration.core.processes import TOP, environment

CANARY = "canary.of.somebody@example.com"
CRASHES = ("erase.after_files", "erase.after_rows", "erase.after_look", "erase.after_delete", "erase.before_finish")


class Stopped(BaseException):
    """The process died here."""


def traveller(bench: Bench) -> Person:
    """Somebody with everything: consent, a finished session at the provider, photos as files, and webhooks."""
    person = make_person(CANARY, name="Canary Somebody")
    agree(person)
    shoot, photos = make_finished(person)
    for photo in photos:
        bench.portal.storage.put(f"photos/{photo.id}/640-1.webp", b"face", "image/webp")
    bench.provider.add(person.email, "active", id=shoot.provider_id)
    bench.send(about(str(shoot.provider_id)))
    return person


def about(provider_id: str, event_id: str = "evt_1") -> dict[str, Any]:
    return {
        "event": "model.status.updated",
        "id": event_id,
        "object": {"_id": provider_id, "status": "active", "email": CANARY},
    }


def order(bench: Bench, person: Person) -> Any:
    return erasure.request_erasure(person.id, bench.portal)


def left_of(bench: Bench) -> list[str]:
    """Every table that still holds the canary, and every file."""
    tables = bench.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    found = []
    for (table,) in tables:
        query = sql.SQL("SELECT count(*) FROM {} AS row WHERE row::text ILIKE '%canary%'").format(sql.Identifier(table))
        hex_too = sql.SQL("SELECT count(*) FROM {} AS row WHERE row::text LIKE %s").format(sql.Identifier(table))
        if bench.connection.execute(query).fetchone() != (0,):
            found.append(table)
        if bench.connection.execute(hex_too, (f"%{b'canary'.hex()}%",)).fetchone() != (0,):
            found.append(table)
    return found + list(bench.portal.storage.list("photos/"))


def test_nothing_is_left_here_or_there_and_a_receipt_says_so(bench: Bench) -> None:
    person = traveller(bench)
    assert left_of(bench)
    receipt = order(bench, person)
    bench.work()
    assert left_of(bench) == []
    assert {model.status for model in bench.provider.models.values()} == {"deleted"}
    [(finished, sealed, sessions, proof)] = bench.query(
        "SELECT finished_at, email, provider_ids, consents FROM erasures WHERE id = %(id)s", id=receipt
    )
    assert (finished, sealed, sessions) == (NOW, None, [])
    assert [(each["provider"], each["given_at"]) for each in proof] == [("profilebakery", NOW.isoformat())]
    assert list(fsck.list_violations(bench.portal.storage, now=bench.clock())) == []


def test_ordering_twice_is_ordering_once_and_nobody_is_nobody(bench: Bench) -> None:
    person = traveller(bench)
    assert order(bench, person) == order(bench, person)
    bench.work()
    assert bench.provider.called("delete_model") == 1
    with pytest.raises(NotFound):
        order(bench, person)


def test_here_it_is_gone_at_once_while_the_provider_is_away(bench: Bench) -> None:
    person = traveller(bench)
    bench.provider.fails("delete_model", *[Unavailable("DELETE", "/m")] * 3)
    order(bench, person)
    assert bench.work(impatient=False) == ["deliveries.apply", "people.erase"]
    assert left_of(bench) == []
    assert erasures.waiting() == (1, NOW)
    bench.clock.advance(hours=2)
    bench.work()
    assert erasures.waiting() == (0, None)


def test_a_refusal_is_tried_again_by_every_sweep_and_named_after_a_week(bench: Bench) -> None:
    person = traveller(bench)
    bench.provider.fails("delete_model", *[Forbidden("DELETE", "/m", status=403)] * 5)
    order(bench, person)
    bench.work()
    assert bench.queued("people.erase") == []
    bench.clock.advance(days=8)
    [violation] = fsck.list_violations(bench.portal.storage, now=bench.clock())
    assert violation.rule == "provider has not confirmed an erasure for a week"
    reconcile_shoots(bench.portal)
    bench.work()
    assert erasures.waiting() == (0, None)


def test_the_providers_word_is_checked_and_the_order_repeated(bench: Bench) -> None:
    person = traveller(bench)
    [model] = bench.provider.models.values()

    def comes_back() -> None:
        model.status = "active"

    bench.provider.fails("get_model", comes_back)
    order(bench, person)
    bench.work()
    assert bench.provider.called("delete_model") == 2
    assert model.status == "deleted"
    assert erasures.waiting() == (0, None)


@pytest.mark.parametrize("place", CRASHES)
def test_killed_anywhere_it_is_completed_by_the_next_run(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    person = traveller(bench)
    if place == "erase.after_look":
        bench.query("UPDATE shoots SET provider_id = NULL, attempts = 1")
    receipt = order(bench, person)

    def die(here: str) -> None:
        if here == place:
            raise Stopped

    monkeypatch.setattr(erasure, "failpoint", die)
    with pytest.raises(Stopped):
        erasure.run_erasure(receipt, bench.portal)
    monkeypatch.undo()
    bench.work()
    assert left_of(bench) == []
    assert erasures.waiting() == (0, None)
    assert {model.status for model in bench.provider.models.values()} == {"deleted"}


def test_a_session_whose_answer_was_lost_is_found_and_deleted(bench: Bench) -> None:
    person = make_person(CANARY)
    agree(person)
    request_shoot(person, provider="profilebakery", development=False, now=NOW)
    bench.provider.after_create.append(lost_answer())
    bench.work(limit=1)
    assert [model.status for model in bench.provider.models.values()] == ["onboarding"]
    order(bench, person)
    bench.work()
    assert [model.status for model in bench.provider.models.values()] == ["deleted"]
    assert left_of(bench) == []


def test_work_that_runs_meanwhile_is_waited_for(bench: Bench) -> None:
    person = traveller(bench)
    [(shoot_id,)] = bench.query("SELECT id FROM shoots")
    bench.query(
        "INSERT INTO procrastinate_jobs (task_name, queue_name, priority, status, args) "
        "VALUES ('photos.copy', 'default', 0, 'doing', jsonb_build_object('shoot_id', %(id)s::text))",
        id=str(shoot_id),
    )
    [(photo_id,)] = bench.query("SELECT id FROM photos LIMIT 1")
    order(bench, person)
    bench.work(limit=1)
    assert bench.provider.called("delete_model") == 0
    # The copy had the file in its hands when everything was deleted.
    bench.portal.storage.put(f"photos/{photo_id}/96-1.webp", b"face", "image/webp")
    bench.query("UPDATE procrastinate_jobs SET status = 'succeeded' WHERE status = 'doing'")
    bench.work()
    assert left_of(bench) == []


def test_late_webhooks_and_sweeps_bring_nobody_back(bench: Bench) -> None:
    person = traveller(bench)
    [provider_id] = bench.provider.models
    order(bench, person)
    bench.work()
    bench.send(about(provider_id, "evt_2"))
    bench.work()
    reconcile_shoots(bench.portal)
    bench.work()
    assert bench.query("SELECT body FROM deliveries") == [(None,), (None,)]
    assert left_of(bench) == []
    assert bench.query("SELECT count(*) FROM people") == [(0,)]


def test_whoever_comes_back_before_the_provider_is_done_gets_nothing_of_the_old_session(bench: Bench) -> None:
    person = traveller(bench)
    bench.provider.fails("delete_model", *[Unavailable("DELETE", "/m")] * 2)
    order(bench, person)
    bench.work(limit=2, impatient=False)
    again = make_person(CANARY, subject="again")
    agree(again)
    shoot = request_shoot(again, provider="profilebakery", development=False, now=NOW)
    bench.work(limit=1, impatient=False)
    assert (bench.shoot(shoot).provider_id, bench.shoot(shoot).problem) == (None, "refused")
    bench.clock.advance(hours=1)
    bench.work()
    request_shoot(again, provider="profilebakery", development=False, now=bench.clock())
    bench.work()
    assert bench.shoot(shoot).provider_id is not None


def test_sign_ins_end_and_stay_ended(bench: Bench) -> None:
    person = traveller(bench)
    order(bench, person)
    assert bench.query("SELECT deactivated_at FROM people") == [(NOW,)]
    bench.clock.advance(seconds=1)
    assert erasures.people_with_address(f" {CANARY.upper()} ") == [person.id]
    bench.work()
    assert erasures.people_with_address(CANARY) == []


def test_an_erasure_is_overdue_only_after_its_time(bench: Bench) -> None:
    order(bench, traveller(bench))
    assert erasures.unfinished(before=NOW) == []
    assert len(erasures.unfinished(before=NOW + timedelta(seconds=1))) == 1


def test_the_command_erases_here_and_leaves_the_rest_to_the_worker(
    bench: Bench, database_url: str, tmp_path: Path
) -> None:
    person = traveller(bench)
    env = environment(database_url, tmp_path)
    stored = LocalStorage(tmp_path / "photos")
    [(photo_id,)] = bench.query("SELECT id FROM photos LIMIT 1")
    stored.put(f"photos/{photo_id}/640-1.webp", b"face", "image/webp")

    def erase(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "portal", "erase", *arguments]
        return subprocess.run(
            command, cwd=TOP, env=env, capture_output=True, text=True, timeout=60, check=False, input="n\n"
        )

    nobody, undecided, done = erase("nobody@example.com"), erase(CANARY), erase(CANARY.upper(), "--yes")
    assert (nobody.returncode, undecided.returncode, done.returncode) == (1, 1, 0)
    assert "Nobody has signed in" in nobody.stderr
    [(receipt, person_id, local_at)] = bench.query("SELECT id, person_id, local_at FROM erasures")
    assert (person_id, local_at is not None) == (person.id, True)
    assert done.stdout.splitlines()[-1].startswith(str(receipt))
    assert list(stored.list("photos/")) == []
    assert bench.query("SELECT count(*) FROM people") == [(0,)]
    assert bench.queued("people.erase") == [{"erasure_id": str(receipt)}]
    assert "canary" not in (done.stdout + done.stderr).lower()
