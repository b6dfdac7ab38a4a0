"""The waiting room: the order is that of pressing start, whoever serves, whatever fails, and however many wait."""

from __future__ import annotations

import signal
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from sqlalchemy import event, text

from portal.db import db, release_connection, transaction
from portal.domain import job_types
from portal.domain.errors import RetryLater
from portal.domain.stages import Problem, Stage
from portal.jobs.worker import CONCURRENCY, START_CONCURRENCY
from portal.models import budget
from portal.models import waiting_room as waiting
from portal.models.people import Person
from portal.models.shoots import Shoot
from portal.provider import Grant
from portal.provider.errors import ProviderError, RateLimited, Unavailable, UnexpectedResponse
from portal.services import consent, fsck, journey, shoot_creation, shoots, sweep, waiting_room
from portal.storage import LocalStorage
from tests.factories import NOW, agree, make_person, make_shoot
from tests.integration.core.bench import Bench
from tests.integration.core.doubles import lost_answer
from tests.integration.core.processes import environment, running, until
from tests.integration.core.test_inbox import event as event_about

PRIORITIES: tuple[Literal["interactive", "background"], ...] = ("interactive", "background")
POST = "/organization/models"
FAILURES = [
    Unavailable("POST", POST, status=503, outcome_unknown=False),
    Unavailable("POST", POST, status=500, outcome_unknown=False),
    RateLimited("POST", POST, resets_at=NOW + timedelta(seconds=20)),
    UnexpectedResponse("POST", POST, reason="nonsense"),
    lost_answer(),
]


def press(bench: Bench, number: int | None = None, *, at: datetime | None = None) -> Shoot:
    """Let somebody who has agreed press start."""
    person = make_person(f"n{number}@example.com" if number is not None else None)
    agree(person)
    now = at or bench.clock.now
    return shoots.request_shoot(person, provider="profilebakery", development=False, now=now)


def turn(bench: Bench, **desk: Any) -> None:
    """Take one turn, without any patience."""
    waiting_room.start_next_in_queue(replace(bench.portal, sleep=lambda _seconds: None, **desk))


def served(bench: Bench) -> list[str]:
    """The addresses the provider was asked for, in that order."""
    return [model.email for model in bench.provider.models.values()]


def line_of(bench: Bench, shoot: Shoot) -> Any:
    return waiting_room.get_queue_position(bench.shoot(shoot), now=bench.clock.now, limit_per_minute=300)


# Order


def test_whose_job_it_is_does_not_matter(bench: Bench) -> None:
    """Jobs are taken in the opposite order, and still the first who asked is the first who is served."""
    for number in range(5):
        press(bench, number, at=NOW + timedelta(seconds=number))
    bench.clock.advance(seconds=10)
    for arguments in reversed(bench.queued(job_types.CREATE_SESSION.name)):
        assert bench.run(job_types.CREATE_SESSION.name, arguments) == "succeeded"
    assert served(bench) == [f"n{number}@example.com" for number in range(5)]


def test_the_same_moment_is_decided_by_the_ticket(bench: Bench) -> None:
    for number in range(4):
        press(bench, number, at=NOW)
    bench.work()
    assert served(bench) == [f"n{number}@example.com" for number in range(4)]


def test_who_presses_again_keeps_their_place(bench: Bench) -> None:
    first, second = press(bench, 1), press(bench, 2, at=NOW + timedelta(seconds=1))
    bench.clock.advance(minutes=5)
    person = bench_person(first)
    shoots.request_shoot(person, provider="profilebakery", development=False, now=bench.clock.now)
    assert (line_of(bench, first).place, line_of(bench, second).place) == (1, 2)
    turn(bench)
    assert served(bench) == ["n1@example.com"]


def bench_person(shoot: Shoot) -> Person:
    with transaction() as session:
        person = session.get(Person, shoot.person_id)
        assert person is not None
        session.expunge(person)
    release_connection()
    return person


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: f"{type(error).__name__}-{error.status}")
def test_a_failed_try_keeps_the_place(bench: Bench, error: ProviderError) -> None:
    first = press(bench, 1)
    press(bench, 2, at=NOW + timedelta(seconds=1))
    bench.provider.fails("create_model", error)
    with pytest.raises(RetryLater):
        turn(bench)
    assert line_of(bench, first).place == 1
    bench.clock.advance(minutes=1)
    turn(bench)
    assert served(bench) == ["n1@example.com"]


def test_many_workers_at_once_serve_everybody_once_and_in_order(bench: Bench) -> None:
    for number in range(24):
        press(bench, number, at=NOW + timedelta(seconds=number))
    bench.clock.advance(minutes=1)
    for _ in range(4):
        assert bench.together([lambda: turn(bench)] * 6) == [None] * 6
    emails = served(bench)
    assert Counter(emails) == Counter(f"n{number}@example.com" for number in range(24))
    # Six at a time are served in any order among themselves; nobody of the next six comes before them.
    sixes = [int(email.split("@")[0][1:]) // 6 for email in emails]
    assert sixes == sorted(sixes)


# The budget, and the provider that is away


def test_nobody_is_called_up_before_there_is_leave_for_the_call(bench: Bench) -> None:
    shoot = press(bench)
    while isinstance(bench.portal.budget.acquire("interactive", bench.clock.now), Grant):
        pass
    with pytest.raises(RetryLater) as not_yet:
        turn(bench)
    assert not_yet.value.at > bench.clock.now
    kept = bench.shoot(shoot)
    assert (kept.attempts, kept.attempted_at) == (0, None)
    assert bench.provider.calls == []
    bench.work()
    assert bench.shoot(shoot).provider_id is not None


def test_an_outage_rests_the_line_and_does_not_go_through_it(bench: Bench) -> None:
    """Fifty wait; while the provider is away one after the other is not tried, and the order stays."""
    for number in range(50):
        press(bench, number, at=NOW + timedelta(milliseconds=number))
    bench.clock.advance(seconds=1)
    bench.provider.fails("create_model", *[Unavailable("POST", POST, status=503)] * 4)
    bench.work()
    assert served(bench) == [f"n{number}@example.com" for number in range(50)]
    assert bench.provider.called("create_model") == 54
    assert bench.query("SELECT attempts, count(*) FROM shoots GROUP BY 1 ORDER BY 1") == [(1, 49), (5, 1)]


def test_an_outage_is_said_instead_of_a_number_until_somebody_is_served(bench: Bench) -> None:
    shoot = press(bench)
    bench.provider.fails("create_model", *[Unavailable("POST", POST, status=503)] * 2)
    for _ in range(2):
        with pytest.raises(RetryLater):
            turn(bench)
        bench.clock.advance(seconds=30)
    line = line_of(bench, shoot)
    assert line.is_down
    assert line.wait is None
    turn(bench)
    assert not line_of(bench, press(bench)).is_down


def test_one_that_fails_by_itself_lets_the_others_go_by(bench: Bench) -> None:
    press(bench, 1)
    press(bench, 2, at=NOW + timedelta(seconds=1))
    bench.provider.fails("create_model", Unavailable("POST", POST, status=500))
    bench.clock.advance(seconds=2)
    with pytest.raises(RetryLater):
        turn(bench)
    turn(bench)
    assert served(bench) == ["n2@example.com"]


def test_a_clear_refusal_made_nothing_so_nothing_is_looked_for(bench: Bench) -> None:
    person = make_person()
    agree(person)
    shoots.request_shoot(person, provider="profilebakery", development=False, now=NOW)
    bench.provider.fails("create_model", RateLimited("POST", POST, resets_at=NOW + timedelta(seconds=1)))
    bench.work()
    assert bench.provider.calls == ["create_model", "create_model"]


def test_a_refusal_after_a_lost_answer_does_not_end_the_doubt_before_it_is_looked_into(bench: Bench) -> None:
    shoot = press(bench)
    # The first attempt may have made a session; in the second already the look fails.
    bench.provider.fails("create_model", lost_answer())
    bench.provider.fails("list_models", RateLimited("GET", POST, resets_at=NOW + timedelta(seconds=9)))
    bench.work()
    assert bench.provider.calls == ["create_model", "list_models", "list_models", "create_model"]
    assert bench.shoot(shoot).provider_id is not None


# Leaving the line


def test_who_withdraws_leaves_the_line_and_comes_back_to_their_place(bench: Bench) -> None:
    shoot = press(bench, 1)
    press(bench, 2, at=NOW + timedelta(seconds=1))
    person = bench_person(shoot)
    consent.withdraw(person, now=NOW)
    turn(bench)
    assert served(bench) == ["n2@example.com"]
    later = press(bench, 3, at=NOW + timedelta(seconds=2))
    assert line_of(bench, later).place == 1
    agree(person)
    assert journey.load(person).is_starting
    assert line_of(bench, later).place == 2
    bench.work()
    assert served(bench) == [f"n{number}@example.com" for number in (2, 1, 3)]


# The page


def test_a_place_counts_those_who_asked_before_and_have_no_session(bench: Bench) -> None:
    waiting_now = [press(bench, number, at=NOW + timedelta(seconds=number)) for number in range(5)]
    make_shoot(make_person(), requested_at=NOW)
    make_shoot(make_person(), requested_at=NOW, provider_id=None, provider_status=None, problem=Problem.REFUSED)
    bench.clock.advance(seconds=10)
    assert [line_of(bench, shoot).place for shoot in waiting_now] == [1, 2, 3, 4, 5]
    turn(bench)
    assert [line_of(bench, shoot).place for shoot in waiting_now[1:]] == [1, 2, 3, 4]


def test_the_place_is_found_by_an_index_however_many_sessions_there_are(bench: Bench) -> None:
    """Twenty thousand finished sessions and three thousand people ahead: the table itself is not searched."""
    bench.query(
        """
        INSERT INTO people (id, issuer, subject, email, name, groups, role, locale, version, created_at, signed_in_at)
        SELECT gen_random_uuid(), 'i', 's' || n, 'm' || n, 'N', '{}', 'employee', 'en', 0, %(now)s, %(now)s
        FROM generate_series(1, 23000) AS n
        """,
        now=NOW,
    )
    bench.query(
        """
        INSERT INTO shoots (id, person_id, provider, provider_id, is_development, requested_at, attempts, photo_count)
        SELECT gen_random_uuid(), id, 'profilebakery', CASE WHEN n > 3000 THEN 'm' || n END, false,
               %(now)s - n * interval '1 second', 0, 0
        FROM (SELECT id, row_number() OVER (ORDER BY subject) AS n FROM people) AS numbered
        """,
        now=NOW,
    )
    bench.query("VACUUM (ANALYZE) shoots")
    shoot = press(bench)
    assert line_of(bench, shoot).place == 3001
    values = {"requested_at": shoot.requested_at, "ticket": shoot.ticket, "minute_ago": NOW, "limit": 300}
    with transaction() as session:
        [plan] = session.scalar(text("EXPLAIN (FORMAT JSON) " + waiting._STANDING.text), values)
    found = nodes(plan["Plan"])
    # Which index is the planner's choice: in all that serve, whoever has a session is left out.
    assert {"ix_shoots_waiting", "uq_shoots_provider_id"} & {each.get("Index Name") for each in found}
    assert "shoots" not in {each["Relation Name"] for each in found if each["Node Type"] == "Seq Scan"}


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(each for child in plan.get("Plans", []) for each in nodes(child))]


def test_looking_costs_one_statement_and_no_call(bench: Bench) -> None:
    shoot = bench.shoot(press(bench))
    statements: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        waiting_room.get_queue_position(shoot, now=bench.clock.now, limit_per_minute=300)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert len(statements) == 1
    assert bench.provider.calls == []


# Nothing is lost


def test_missing_turns_are_found_by_fsck_and_mended_by_the_sweep(bench: Bench, tmp_path: Any) -> None:
    for number in range(3):
        press(bench, number)
    storage = LocalStorage(tmp_path / "none")
    assert not list(fsck.list_violations(storage, now=NOW))
    bench.query("DELETE FROM procrastinate_jobs WHERE id = (SELECT min(id) FROM procrastinate_jobs)")
    assert "no turn is coming" in str(next(iter(fsck.list_violations(storage, now=NOW))))
    bench.clock.advance(minutes=11)
    sweep.reconcile_shoots(bench.portal)
    assert len(bench.queued(job_types.CREATE_SESSION.name)) == 3
    sweep.reconcile_shoots(bench.portal)
    assert len(bench.queued(job_types.CREATE_SESSION.name)) == 3


def test_a_turn_with_nobody_left_ends_without_taking_leave(bench: Bench) -> None:
    shoot = press(bench)
    turn(bench)
    before = bench.query("SELECT tokens FROM provider_budget")
    turn(bench)
    assert bench.query("SELECT tokens FROM provider_budget") == before
    assert bench.shoot(shoot).attempts == 1


def test_a_bug_in_our_own_code_is_tried_again_and_at_last_said(bench: Bench) -> None:
    person = make_person()
    agree(person)
    shoots.request_shoot(person, provider="profilebakery", development=False, now=NOW)
    bench.provider.fails("create_model", *[ZeroDivisionError()] * shoot_creation.MAX_FAILURES)
    bench.work()
    assert journey.load(person).stage is Stage.PROBLEM
    assert journey.load(person).problem is Problem.REFUSED
    assert bench.queued() == []


def test_background_calls_get_a_part_while_people_keep_waiting(bench: Bench) -> None:
    """People take every call as it comes in; what is under way goes on all the same, at a tenth of the rate."""
    shared = bench.portal.budget
    granted: Counter[str] = Counter()
    for _ in range(240 * 4):
        for priority in PRIORITIES:
            while isinstance(shared.acquire(priority, bench.clock.now), Grant):
                granted[priority] += 1
        bench.clock.advance(seconds=0.25)
    assert 80 <= granted["background"] <= 130
    assert granted["interactive"] >= 820


def test_webhooks_are_applied_while_more_people_wait_than_a_worker_has_places(
    bench: Bench, database_url: str, tmp_path: Path
) -> None:
    """A real worker; the budget stays closed for as long as the test lasts."""
    now = datetime.now(UTC)
    budget.open_bucket(300, now)
    budget.close_until(now + timedelta(hours=1))
    for number in range(CONCURRENCY + 2 * START_CONCURRENCY):
        press(bench, number)
    inside = make_shoot(make_person(), provider_id="m1")
    bench.send(event_about("model.status.updated", "m1", "waiting", at=NOW + timedelta(seconds=5)))
    log = tmp_path / "worker.log"
    with running(["-m", "portal", "worker"], environment(database_url, tmp_path), log) as worker:
        until(lambda: bench.shoot(inside).provider_status == "waiting", 60, log)
        assert bench.query("SELECT count(*) FROM shoots WHERE attempts > 0 AND provider_id IS NULL") == [(0,)]
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(30) == 0, log.read_text()
    assert waiting.count_missing_jobs() == 0
