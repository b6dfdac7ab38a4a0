"""The waiting room: the order is that of pressing start, despite failures, for any number of people."""

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
from portal.domain.erasure import ErasureScope
from portal.domain.errors import RetryLater
from portal.domain.stages import Problem, Stage
from portal.jobs.worker import CONCURRENCY, START_CONCURRENCY
from portal.models import budget
from portal.models import waiting_room as waiting
from portal.models.people import Person
from portal.models.shoots import Shoot
from portal.provider import Grant
from portal.provider.errors import ProviderError, RateLimited, Unavailable, UnexpectedResponse
from portal.services import fsck, journey, shoot_creation, shoots, sweep, waiting_room, withdrawal
from portal.storage import LocalStorage
from tests.database_cleanup import disable_triggers
from tests.factories import NOW, make_consent, make_person, make_shoot
from tests.integration.core.delivered_events import build_event as event_about
from tests.integration.core.doubles import build_lost_response
from tests.integration.core.processes import build_environment, run_process
from tests.integration.core.worked_example import WorkedExample
from tests.waiting import wait_until

PRIORITIES: tuple[Literal["interactive", "background"], ...] = ("interactive", "background")
POST = "/organization/models"
FAILURES = [
    Unavailable("POST", POST, status=503, outcome_unknown=False),
    Unavailable("POST", POST, status=500, outcome_unknown=False),
    RateLimited("POST", POST, resets_at=NOW + timedelta(seconds=20)),
    UnexpectedResponse("POST", POST, reason="nonsense"),
    build_lost_response(),
]


def press_start(worked_example: WorkedExample, number: int | None = None, *, at: datetime | None = None) -> Shoot:
    """Let a person who has agreed press start."""
    person = make_person(f"n{number}@example.com" if number is not None else None)
    make_consent(person)
    now = at or worked_example.clock.now
    return shoots.request_shoot(person, provider="profilebakery", development=False, now=now)


def start_next(worked_example: WorkedExample, **app_context: Any) -> None:
    """Start the next person in the queue, without waiting for the budget."""
    waiting_room.start_next_in_queue(replace(worked_example.portal, sleep=lambda _seconds: None, **app_context))


def list_requested_addresses(worked_example: WorkedExample) -> list[str]:
    """The addresses of the requested sessions, in that order."""
    return [model.email for model in worked_example.provider.models.values()]


def get_queue_position(worked_example: WorkedExample, shoot: Shoot) -> Any:
    return waiting_room.get_queue_position(
        worked_example.shoot(shoot), now=worked_example.clock.now, limit_per_minute=300
    )


# Order


def test_start_job_serves_the_next_person_regardless_of_owner(worked_example: WorkedExample) -> None:
    """Jobs are taken in the opposite order, and still the first request is served first."""
    for number in range(5):
        press_start(worked_example, number, at=NOW + timedelta(seconds=number))
    worked_example.clock.advance(seconds=10)
    for arguments in reversed(worked_example.list_queued(job_types.CREATE_SESSION.name)):
        assert worked_example.run(job_types.CREATE_SESSION.name, arguments) == "succeeded"
    assert list_requested_addresses(worked_example) == [f"n{number}@example.com" for number in range(5)]


def test_equal_times_are_ordered_by_queue_ticket(worked_example: WorkedExample) -> None:
    for number in range(4):
        press_start(worked_example, number, at=NOW)
    worked_example.work()
    assert list_requested_addresses(worked_example) == [f"n{number}@example.com" for number in range(4)]


def test_repeated_start_keeps_queue_position(worked_example: WorkedExample) -> None:
    first, second = press_start(worked_example, 1), press_start(worked_example, 2, at=NOW + timedelta(seconds=1))
    worked_example.clock.advance(minutes=5)
    person = get_person(first)
    shoots.request_shoot(person, provider="profilebakery", development=False, now=worked_example.clock.now)
    assert (get_queue_position(worked_example, first).place, get_queue_position(worked_example, second).place) == (1, 2)
    start_next(worked_example)
    assert list_requested_addresses(worked_example) == ["n1@example.com"]


def get_person(shoot: Shoot) -> Person:
    with transaction() as session:
        person = session.get(Person, shoot.person_id)
        assert person is not None
        session.expunge(person)
    release_connection()
    return person


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: f"{type(error).__name__}-{error.status}")
def test_failed_attempt_keeps_the_queue_position(worked_example: WorkedExample, error: ProviderError) -> None:
    first = press_start(worked_example, 1)
    press_start(worked_example, 2, at=NOW + timedelta(seconds=1))
    worked_example.provider.fails("create_model", error)
    with pytest.raises(RetryLater):
        start_next(worked_example)
    assert get_queue_position(worked_example, first).place == 1
    worked_example.clock.advance(minutes=1)
    start_next(worked_example)
    assert list_requested_addresses(worked_example) == ["n1@example.com"]


def test_concurrent_workers_serve_each_person_once_in_order(worked_example: WorkedExample) -> None:
    for number in range(24):
        press_start(worked_example, number, at=NOW + timedelta(seconds=number))
    worked_example.clock.advance(minutes=1)
    for _ in range(4):
        assert worked_example.run_concurrently([lambda: start_next(worked_example)] * 6) == [None] * 6
    emails = list_requested_addresses(worked_example)
    assert Counter(emails) == Counter(f"n{number}@example.com" for number in range(24))
    # Six at a time are served in any order among themselves; none of the next six precedes them.
    sixes = [int(email.split("@")[0][1:]) // 6 for email in emails]
    assert sixes == sorted(sixes)


# The budget, and the provider that is away


def test_no_start_is_made_before_budget_is_reserved(worked_example: WorkedExample) -> None:
    shoot = press_start(worked_example)
    while isinstance(worked_example.portal.budget.acquire("interactive", worked_example.clock.now), Grant):
        pass
    with pytest.raises(RetryLater) as retry:
        start_next(worked_example)
    assert retry.value.at > worked_example.clock.now
    kept = worked_example.shoot(shoot)
    assert (kept.attempts, kept.attempted_at) == (0, None)
    assert worked_example.provider.calls == []
    worked_example.work()
    assert worked_example.shoot(shoot).provider_id is not None


def test_an_outage_pauses_the_queue_and_keeps_everyone_in_it(worked_example: WorkedExample) -> None:
    """Fifty wait; while the provider is away one after the other is not tried, and the order stays."""
    for number in range(50):
        press_start(worked_example, number, at=NOW + timedelta(milliseconds=number))
    worked_example.clock.advance(seconds=1)
    worked_example.provider.fails("create_model", *[Unavailable("POST", POST, status=503)] * 4)
    worked_example.work()
    assert list_requested_addresses(worked_example) == [f"n{number}@example.com" for number in range(50)]
    assert worked_example.provider.called("create_model") == 54
    assert worked_example.query("SELECT attempts, count(*) FROM shoots GROUP BY 1 ORDER BY 1") == [(1, 49), (5, 1)]


def test_an_outage_replaces_the_number_until_a_person_is_served(worked_example: WorkedExample) -> None:
    shoot = press_start(worked_example)
    worked_example.provider.fails("create_model", *[Unavailable("POST", POST, status=503)] * 2)
    for _ in range(2):
        with pytest.raises(RetryLater):
            start_next(worked_example)
        worked_example.clock.advance(seconds=30)
    line = get_queue_position(worked_example, shoot)
    assert line.is_down
    assert line.wait is None
    start_next(worked_example)
    assert not get_queue_position(worked_example, press_start(worked_example)).is_down


def test_failing_creation_does_not_block_the_queue(worked_example: WorkedExample) -> None:
    press_start(worked_example, 1)
    press_start(worked_example, 2, at=NOW + timedelta(seconds=1))
    worked_example.provider.fails("create_model", Unavailable("POST", POST, status=500))
    worked_example.clock.advance(seconds=2)
    with pytest.raises(RetryLater):
        start_next(worked_example)
    start_next(worked_example)
    assert list_requested_addresses(worked_example) == ["n2@example.com"]


def test_refused_create_triggers_no_lookup(worked_example: WorkedExample) -> None:
    person = make_person()
    make_consent(person)
    shoots.request_shoot(person, provider="profilebakery", development=False, now=NOW)
    worked_example.provider.fails("create_model", RateLimited("POST", POST, resets_at=NOW + timedelta(seconds=1)))
    worked_example.work()
    assert worked_example.provider.calls == ["create_model", "create_model"]


def test_refusal_after_lost_response_requires_lookup_before_retry(
    worked_example: WorkedExample,
) -> None:
    shoot = press_start(worked_example)
    # The first attempt may have made a session; in the second already the look fails.
    worked_example.provider.fails("create_model", build_lost_response())
    worked_example.provider.fails("list_models", RateLimited("GET", POST, resets_at=NOW + timedelta(seconds=9)))
    worked_example.work()
    assert worked_example.provider.calls == ["create_model", "list_models", "list_models", "create_model"]
    assert worked_example.shoot(shoot).provider_id is not None


# Leaving the line


def test_withdrawal_leaves_queue_and_renewed_consent_joins_its_end(worked_example: WorkedExample) -> None:
    shoot = press_start(worked_example, 1)
    press_start(worked_example, 2, at=NOW + timedelta(seconds=1))
    person = get_person(shoot)
    withdrawal.withdraw_consent(person, ErasureScope.PICTURES, worked_example.portal)
    start_next(worked_example)
    assert list_requested_addresses(worked_example) == ["n2@example.com"]
    later = press_start(worked_example, 3, at=NOW + timedelta(seconds=2))
    assert get_queue_position(worked_example, later).place == 1
    make_consent(person)
    again = shoots.request_shoot(
        person, provider="profilebakery", development=False, now=worked_example.clock.advance(seconds=3)
    )
    assert get_queue_position(worked_example, again).place == 2
    start_next(worked_example)
    assert list_requested_addresses(worked_example) == ["n2@example.com", "n3@example.com"]


# The page


def test_queue_position_counts_earlier_requests_without_session(worked_example: WorkedExample) -> None:
    waiting_now = [press_start(worked_example, number, at=NOW + timedelta(seconds=number)) for number in range(5)]
    make_shoot(make_person(), requested_at=NOW)
    make_shoot(make_person(), requested_at=NOW, provider_id=None, provider_status=None, problem=Problem.REFUSED)
    worked_example.clock.advance(seconds=10)
    assert [get_queue_position(worked_example, shoot).place for shoot in waiting_now] == [1, 2, 3, 4, 5]
    start_next(worked_example)
    assert [get_queue_position(worked_example, shoot).place for shoot in waiting_now[1:]] == [1, 2, 3, 4]


def test_the_position_is_found_by_an_index_however_many_sessions_exist(worked_example: WorkedExample) -> None:
    """Twenty thousand finished sessions and three thousand people ahead: the table itself is not searched."""
    # The console's list, which triggers would write for half a minute, is not read here.
    with disable_triggers(worked_example.connection):
        worked_example.query(
            """
            INSERT INTO people (id, issuer, subject, email, name, groups, role, locale, version, created_at,
                                signed_in_at)
            SELECT gen_random_uuid(), 'i', 's' || n, 'm' || n, 'N', '{}', 'employee', 'en', 0, %(now)s, %(now)s
            FROM generate_series(1, 23000) AS n
            """,
            now=NOW,
        )
        worked_example.query(
            """
            INSERT INTO shoots (id, person_id, provider, provider_id, is_development, requested_at, attempts,
                                photo_count)
            SELECT gen_random_uuid(), id, 'profilebakery', CASE WHEN n > 3000 THEN 'm' || n END, false,
                   %(now)s - n * interval '1 second', 0, 0
            FROM (SELECT id, row_number() OVER (ORDER BY subject) AS n FROM people) AS numbered
            """,
            now=NOW,
        )
    worked_example.query("VACUUM (ANALYZE) shoots")
    shoot = press_start(worked_example)
    assert get_queue_position(worked_example, shoot).place == 3001
    values = {"requested_at": shoot.requested_at, "ticket": shoot.ticket, "minute_ago": NOW, "limit": 300}
    with transaction() as session:
        [plan] = session.scalar(text("EXPLAIN (FORMAT JSON) " + waiting._FACTS.text), values)
    found = list_plan_nodes(plan["Plan"])
    # The planner chooses the index: all suitable ones exclude shoots with a session.
    assert {"ix_shoots_waiting", "uq_shoots_provider_id"} & {each.get("Index Name") for each in found}
    assert "shoots" not in {each["Relation Name"] for each in found if each["Node Type"] == "Seq Scan"}


def list_plan_nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(each for child in plan.get("Plans", []) for each in list_plan_nodes(child))]


def test_viewing_takes_one_statement_and_no_provider_call(worked_example: WorkedExample) -> None:
    shoot = worked_example.shoot(press_start(worked_example))
    statements: list[str] = []

    def record_statement(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", record_statement)
    try:
        waiting_room.get_queue_position(shoot, now=worked_example.clock.now, limit_per_minute=300)
    finally:
        event.remove(db.engine, "before_cursor_execute", record_statement)
    assert len(statements) == 1
    assert worked_example.provider.calls == []


# Nothing is lost


def test_missing_start_jobs_are_found_by_fsck_and_queued_by_sweep(worked_example: WorkedExample, tmp_path: Any) -> None:
    for number in range(3):
        press_start(worked_example, number)
    storage = LocalStorage(tmp_path / "none")
    # Only what the sweep should have mended by then counts.
    late = NOW + fsck.MENDED_WITHIN + timedelta(minutes=1)
    assert not list(fsck.list_violations(storage, now=late))
    worked_example.query("DELETE FROM procrastinate_jobs WHERE id = (SELECT min(id) FROM procrastinate_jobs)")
    assert not list(fsck.list_violations(storage, now=NOW))
    assert "no turn is coming" in str(next(iter(fsck.list_violations(storage, now=late))))
    worked_example.clock.advance(minutes=11)
    sweep.reconcile_shoots(worked_example.portal)
    assert len(worked_example.list_queued(job_types.CREATE_SESSION.name)) == 3
    sweep.reconcile_shoots(worked_example.portal)
    assert len(worked_example.list_queued(job_types.CREATE_SESSION.name)) == 3


def test_start_job_with_empty_queue_consumes_no_budget(worked_example: WorkedExample) -> None:
    shoot = press_start(worked_example)
    start_next(worked_example)
    before = worked_example.query("SELECT tokens FROM provider_budget")
    start_next(worked_example)
    assert worked_example.query("SELECT tokens FROM provider_budget") == before
    assert worked_example.shoot(shoot).attempts == 1


def test_unexpected_exception_is_retried_and_then_reported(worked_example: WorkedExample) -> None:
    person = make_person()
    make_consent(person)
    shoots.request_shoot(person, provider="profilebakery", development=False, now=NOW)
    worked_example.provider.fails("create_model", *[ZeroDivisionError()] * shoot_creation.MAX_FAILURES)
    worked_example.work()
    assert journey.get_journey(person).stage is Stage.PROBLEM
    assert journey.get_journey(person).problem is Problem.REFUSED
    assert worked_example.list_queued() == []


def test_background_calls_get_a_part_while_people_keep_waiting(worked_example: WorkedExample) -> None:
    """People take every call as it becomes available; running sessions continue at a tenth of the rate."""
    shared = worked_example.portal.budget
    granted: Counter[str] = Counter()
    for _ in range(240 * 4):
        for priority in PRIORITIES:
            while isinstance(shared.acquire(priority, worked_example.clock.now), Grant):
                granted[priority] += 1
        worked_example.clock.advance(seconds=0.25)
    assert 80 <= granted["background"] <= 130
    assert granted["interactive"] >= 820


def test_webhooks_are_applied_while_more_people_wait_than_a_worker_has_places(
    worked_example: WorkedExample, database_url: str, tmp_path: Path
) -> None:
    """A real worker; the budget stays closed for as long as the test lasts."""
    now = datetime.now(UTC)
    budget.acquire_call("interactive", now, 300)
    budget.close_bucket_until(now + timedelta(hours=1))
    for number in range(CONCURRENCY + 2 * START_CONCURRENCY):
        press_start(worked_example, number)
    inside = make_shoot(make_person(), provider_id="m1")
    worked_example.send(event_about("model.status.updated", "m1", "waiting", at=NOW + timedelta(seconds=5)))
    log = tmp_path / "worker.log"
    with run_process(["-m", "portal", "worker"], build_environment(database_url, tmp_path), log) as worker:
        wait_until(lambda: worked_example.shoot(inside).provider_status == "waiting", seconds=60, log=log)
        assert worked_example.query("SELECT count(*) FROM shoots WHERE attempts > 0 AND provider_id IS NULL") == [(0,)]
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(60) == 0, log.read_text()
    assert waiting.count_missing_jobs() == 0
