"""The queue: work exists if its reason was committed, failures are tried again sensibly, dead workers are replaced."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import croniter
import pytest
from procrastinate import PsycopgConnector
from procrastinate.manager import JobManager
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from portal.db import transaction
from portal.domain import job_types
from portal.domain.errors import RetryLater
from portal.domain.job_types import JobType
from portal.jobs import runner, schedule
from portal.jobs.runner import MAX_ATTEMPTS, MAX_RETRY_DELAY, compute_retry_delay, is_outage, queue, register_task
from portal.models import audit
from portal.models import queue as jobs
from portal.provider.errors import Forbidden, NotFound, PhotoExpired, PhotoUnavailable, RateLimited, Unavailable
from portal.services import health_monitor, provider_account
from portal.services.app_context import AppContext
from portal.storage import InvalidKey, StorageFull, StorageUnavailable
from tests.factories import NOW, make_person
from tests.integration.core.worked_example import WorkedExample

OUTAGES = [
    Unavailable("GET", "/x"),
    RateLimited("GET", "/x"),
    PhotoUnavailable("timeout"),
    StorageUnavailable("EIO"),
    StorageFull(),
    OperationalError("SELECT", {}, Exception("gone")),
    PoolTimeout(),
]
OWN_FAULTS = [
    ZeroDivisionError(),
    Forbidden("GET", "/x"),
    NotFound("GET", "/x"),
    PhotoExpired("x"),
    InvalidKey(),
]


def _id(error: Exception) -> str:
    return type(error).__name__


@pytest.mark.parametrize("error", OUTAGES, ids=_id)
def test_outage_is_retried_forever(worked_example: WorkedExample, error: Exception) -> None:
    assert is_outage(error)
    for tries in (0, 4, 5, 10_000):
        wait = compute_retry_delay(error, tries, worked_example.portal)
        assert wait is not None
        assert timedelta(0) < wait <= MAX_RETRY_DELAY


@pytest.mark.parametrize("error", OWN_FAULTS, ids=_id)
def test_permanent_failure_is_given_up_after_five_attempts(worked_example: WorkedExample, error: Exception) -> None:
    waits = [compute_retry_delay(error, tries, worked_example.portal) for tries in range(MAX_ATTEMPTS)]
    assert waits[-1] is None
    for tries, wait in enumerate(waits[:-1]):
        assert wait is not None
        assert 0.5 * 2**tries <= wait.total_seconds() <= 2**tries


def test_retry_later_runs_at_its_time_and_at_most_as_often_as_it_allows(worked_example: WorkedExample) -> None:
    at = worked_example.clock.now + timedelta(minutes=3)
    for tries in (0, 100):
        wait = compute_retry_delay(RetryLater(at), tries, worked_example.portal)
        assert wait is not None
        assert timedelta(minutes=3) < wait <= timedelta(minutes=3, seconds=2)
    limited = [compute_retry_delay(RetryLater(at, max_attempts=3), tries, worked_example.portal) for tries in range(3)]
    assert [wait is None for wait in limited] == [False, False, True]


def test_retry_delays_are_jittered(worked_example: WorkedExample) -> None:
    waits = {compute_retry_delay(OUTAGES[0], 8, worked_example.portal) for _ in range(20)}
    assert len(waits) == 20


@pytest.mark.parametrize("seconds", [-5, 0, 40])
def test_retry_after_is_respected(worked_example: WorkedExample, seconds: int) -> None:
    at = NOW + timedelta(seconds=seconds)
    for error in (RateLimited("GET", "/x", resets_at=at), RetryLater(at)):
        wait = compute_retry_delay(error, 100, worked_example.portal)
        assert wait is not None
        assert max(seconds, 0) < wait.total_seconds() <= max(seconds, 0) + 2


@dataclass
class Probe:
    """What the test's own task did."""

    ran: list[dict[str, Any]] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)
    died: list[str] = field(default_factory=list)


_probe = Probe()


@pytest.fixture
def probe() -> Probe:
    _probe.__init__()  # type: ignore[misc]
    return _probe


def _record_death(portal: AppContext, *, error: Exception, number: int) -> None:
    _probe.died.append(f"{type(error).__name__} {number}")


PROBE = JobType("tests.probe", key="probe:{number}")


@register_task(PROBE, on_dead=_record_death)
def _run_probe(portal: AppContext, *, number: int) -> None:
    _probe.ran.append({"number": number})
    if _probe.failures:
        raise _probe.failures.pop(0)


EXTENDED = JobType("tests.extended_probe", key="extended:{number}")


@register_task(EXTENDED)
def _run_extended_probe(portal: AppContext, *, number: int, full: bool) -> None:
    _probe.ran.append({"number": number, "full": full})


def enqueue_probe(number: int = 1, job_type: JobType = PROBE) -> bool:
    with transaction():
        return jobs.enqueue_job(job_type, number=number)


def test_job_is_committed_with_its_transaction(worked_example: WorkedExample, probe: Probe) -> None:
    with contextlib.suppress(ZeroDivisionError), transaction():
        create_entry(worked_example)
        jobs.enqueue_job(PROBE, number=1)
        raise ZeroDivisionError
    assert worked_example.list_queued() == []
    assert worked_example.query("SELECT count(*) FROM audit_entries") == [(0,)]
    with transaction():
        jobs.enqueue_job(PROBE, number=1)
        assert worked_example.list_queued() == []
    assert worked_example.list_queued() == [{"number": 1}]


def create_entry(worked_example: WorkedExample) -> None:
    audit.create_entry("probe", at=NOW)


def test_duplicate_enqueue_is_one_job_and_keeps_the_transaction(worked_example: WorkedExample, probe: Probe) -> None:
    assert enqueue_probe()
    with transaction():
        create_entry(worked_example)
        assert not jobs.enqueue_job(PROBE, number=1)
        create_entry(worked_example)
        assert not jobs.enqueue_job(PROBE, number=1)
        create_entry(worked_example)
        assert jobs.enqueue_job(PROBE, number=2)
    assert worked_example.query("SELECT count(*) FROM audit_entries") == [(3,)]
    assert worked_example.list_queued() == [{"number": 1}, {"number": 2}]


def test_concurrent_enqueues_are_one_job(worked_example: WorkedExample, probe: Probe) -> None:
    assert sorted(worked_example.run_concurrently([enqueue_probe] * 12)) == [False] * 11 + [True]
    assert worked_example.work() == ["tests.probe"]


def test_requested_job_starts_at_once_with_its_arguments_although_one_is_scheduled(
    worked_example: WorkedExample, probe: Probe
) -> None:
    later = worked_example.clock.now + timedelta(seconds=schedule.SPREAD_SECONDS)
    with transaction():
        assert jobs.enqueue_job(EXTENDED, at=later, number=1, full=False)
    assert worked_example.work(ignore_schedule=False) == []
    with transaction():
        jobs.start_job_now(EXTENDED, number=1, full=True)
    assert worked_example.work(ignore_schedule=False) == ["tests.extended_probe"]
    assert probe.ran == [{"number": 1, "full": True}]


def request_full_sweep() -> None:
    health_monitor.request_full_sweep(actor=make_person(), now=NOW)


@pytest.mark.parametrize(
    ("job_type", "scheduled", "request_job", "started"),
    [
        (job_types.CHECK_HEALTH, {}, health_monitor.request_checks, {}),
        (job_types.READ_ACCOUNT, {}, provider_account.request_reading, {}),
        (job_types.SWEEP, {"full": False}, request_full_sweep, {"full": True}),
    ],
    ids=lambda value: value.name if isinstance(value, JobType) else "",
)
def test_press_of_a_button_does_not_wait_for_the_schedule(
    worked_example: WorkedExample,
    job_type: JobType,
    scheduled: dict[str, bool],
    request_job: Callable[[], None],
    started: dict[str, bool],
) -> None:
    with transaction():
        assert jobs.enqueue_job(job_type, at=NOW + timedelta(seconds=schedule.SPREAD_SECONDS), **scheduled)
    request_job()
    assert worked_example.waits(job_type.name) == [timedelta(0)]
    assert worked_example.list_queued(job_type.name) == [started]


def test_requested_job_starts_at_once_although_a_retry_is_scheduled(
    worked_example: WorkedExample, probe: Probe
) -> None:
    probe.failures = [RetryLater(worked_example.clock.now + timedelta(hours=1))]
    enqueue_probe()
    assert worked_example.work(ignore_schedule=False) == ["tests.probe"]
    with transaction():
        jobs.start_job_now(PROBE, number=1)
    assert worked_example.work(ignore_schedule=False) == ["tests.probe"]
    assert len(probe.ran) == 2


def test_temporary_failure_is_retried_until_success(worked_example: WorkedExample, probe: Probe) -> None:
    probe.failures = [ZeroDivisionError(), Unavailable("GET", "/x")]
    enqueue_probe()
    assert len(worked_example.work()) == 3
    assert (len(probe.ran), probe.died) == (3, [])


def test_failing_job_is_given_up_after_five_attempts_and_reported_once(
    worked_example: WorkedExample, probe: Probe
) -> None:
    probe.failures = [ZeroDivisionError() for _ in range(50)]
    enqueue_probe(7)
    enqueue_probe(8)
    assert len(worked_example.work()) == 10
    assert sorted(probe.died) == ["ZeroDivisionError 7", "ZeroDivisionError 8"]
    assert worked_example.query("SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed'") == [(2,)]


def test_outage_of_a_day_loses_no_job(worked_example: WorkedExample, probe: Probe) -> None:
    probe.failures = [Unavailable("GET", "/x") for _ in range(60)]
    enqueue_probe()
    assert len(worked_example.work()) == 61
    assert probe.died == []


def test_retry_delay_grows_with_attempts(worked_example: WorkedExample, probe: Probe) -> None:
    probe.failures = [Unavailable("GET", "/x") for _ in range(3)]
    enqueue_probe()
    for tries in range(3):
        worked_example.work(limit=1)
        [wait] = worked_example.waits("tests.probe")
        assert 0.5 * 2**tries <= wait.total_seconds() <= 2**tries


def test_retry_is_queued_after_late_database_recovery(
    worked_example: WorkedExample, probe: Probe, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = OperationalError("", {}, Exception())
    failures: list[Exception] = [gone, gone, gone]
    pauses: list[float] = []
    enqueue = jobs.enqueue_job

    def fail_first(*arguments: Any, **options: Any) -> bool:
        if failures:
            raise failures.pop()
        return enqueue(*arguments, **options)

    enqueue_probe()
    probe.failures = [gone]
    monkeypatch.setattr(jobs, "enqueue_job", fail_first)
    monkeypatch.setattr(runner.time, "sleep", pauses.append)
    assert worked_example.work() == ["tests.probe", "tests.probe"]
    assert pauses == list(runner.DELAYS_WITHOUT_DATABASE[:3])
    assert (len(probe.ran), probe.died) == (2, [])


def test_retry_with_same_key_already_queued_is_ignored(worked_example: WorkedExample, probe: Probe) -> None:
    probe.failures = [ZeroDivisionError()]
    enqueue_probe()
    worked_example.query("UPDATE procrastinate_jobs SET status = 'doing'")
    enqueue_probe()
    assert worked_example.run("tests.probe", {"number": 1}) == "succeeded"
    assert worked_example.list_queued() == [{"number": 1}]
    worked_example.query("UPDATE procrastinate_jobs SET status = 'succeeded' WHERE status = 'doing'")
    assert worked_example.work() == ["tests.probe"]


def test_higher_priority_jobs_run_first(worked_example: WorkedExample, probe: Probe) -> None:
    enqueue_probe(1)
    enqueue_probe(2, replace(PROBE, priority=1))
    worked_example.work()
    assert [each["number"] for each in probe.ran] == [2, 1]


def test_schedule_matches_its_documentation() -> None:
    crons = {name: each.cron for (name, _), each in queue.periodic_registry.periodic_tasks.items()}
    start = datetime(2026, 11, 2, 9, 0, 1)  # noqa: DTZ001 - croniter's own arithmetic
    gaps = {}
    for name, cron in crons.items():
        times = croniter.croniter(cron, start)
        first: datetime = times.get_next(datetime)
        gaps[name] = times.get_next(datetime) - first
    assert gaps["schedule.take_over"] == timedelta(seconds=15)
    assert gaps["schedule.sweep"] == timedelta(minutes=10)
    assert gaps["schedule.retention"] == timedelta(days=1)
    # Silence, a look at the clock, and a second for the job itself: within a minute.
    assert schedule.DEAD_AFTER_SECONDS + 15 + 5 <= 60
    assert schedule.HEARTBEAT_SECONDS * 3 <= schedule.DEAD_AFTER_SECONDS


def take_over(worked_example: WorkedExample, database_url: str) -> None:
    """Run the take-over the way a worker does."""

    async def once() -> None:
        connector = PsycopgConnector(conninfo=database_url.replace("+psycopg", ""), min_size=1, max_size=2)
        with queue.replace_connector(connector) as app:
            async with app.open_async():
                context: Any = type("Context", (), {"app": app})
                await schedule.requeue_stalled.func(context, timestamp=0)

    asyncio.run(once())


def assign_to_dead_worker(worked_example: WorkedExample, seconds: int, attempts: int = 0) -> None:
    """Assign the waiting jobs to a worker whose last heartbeat is this many seconds old."""
    [(worker,)] = worked_example.query(
        "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - %(age)s) RETURNING id",
        age=timedelta(seconds=seconds),
    )
    worked_example.query(
        "UPDATE procrastinate_jobs SET status = 'doing', worker_id = %(worker)s, attempts = %(attempts)s "
        "WHERE status = 'todo'",
        worker=worker,
        attempts=attempts,
    )


def test_only_jobs_of_workers_without_heartbeat_are_recovered(
    worked_example: WorkedExample, probe: Probe, database_url: str
) -> None:
    enqueue_probe(1)
    assign_to_dead_worker(worked_example, 25)
    enqueue_probe(2)
    assign_to_dead_worker(worked_example, 10)
    enqueue_probe(3)
    take_over(worked_example, database_url)
    assert sorted(each["number"] for each in worked_example.list_queued()) == [1, 3]


def test_job_closed_by_another_worker_is_not_changed(
    worked_example: WorkedExample, probe: Probe, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    enqueue_probe(1)
    assign_to_dead_worker(worked_example, 25)
    enqueue_probe(1)
    find = JobManager.get_stalled_jobs

    async def find_and_close(manager: JobManager, **options: Any) -> Any:
        found = list(await find(manager, **options))
        worked_example.query("UPDATE procrastinate_jobs SET status = 'succeeded' WHERE status = 'doing'")
        return found

    monkeypatch.setattr(JobManager, "get_stalled_jobs", find_and_close)
    take_over(worked_example, database_url)
    assert worked_example.work() == ["tests.probe"]


def test_recovered_job_with_queued_duplicate_runs_once(
    worked_example: WorkedExample, probe: Probe, database_url: str
) -> None:
    enqueue_probe(2)
    enqueue_probe(1)
    assign_to_dead_worker(worked_example, 25)
    enqueue_probe(1)
    take_over(worked_example, database_url)
    assert sorted(each["number"] for each in worked_example.list_queued()) == [1, 2]


def test_job_that_kills_workers_is_given_up(worked_example: WorkedExample, probe: Probe, database_url: str) -> None:
    enqueue_probe(1)
    assign_to_dead_worker(worked_example, 25, attempts=MAX_ATTEMPTS)
    take_over(worked_example, database_url)
    assert worked_example.list_queued() == []
    assert worked_example.query("SELECT status::text FROM procrastinate_jobs") == [("failed",)]
