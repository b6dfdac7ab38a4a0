"""Several workers start at the same moment, each with its schedule: what is due is done once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.faults.house import House
from tests.faults.waiting import until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

WORKERS = 3
# Each process works at two queues.
QUEUES = 2
# As after a long night: everything on the schedule is due as soon as somebody looks.
NEVER_DONE = "DELETE FROM procrastinate_periodic_defers"
QUEUED = """
    SELECT task_name, args ->> 'timestamp', count(*) FROM procrastinate_jobs
    WHERE id > %(before)s AND task_name LIKE 'schedule.%%' GROUP BY 1, 2
"""
# Of each task only the newest is kept.
LATEST = "SELECT max(id) FROM procrastinate_periodic_defers"
BEATING = "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat >= %(since)s"


def test_what_is_due_is_queued_once(house: House) -> None:
    house.settle()
    house.stop(house.worker)
    house.query(NEVER_DONE)
    (before,) = house.query("SELECT max(id) FROM procrastinate_jobs")[0]
    since = datetime.now(UTC)
    for number in range(WORKERS - 1):
        house.another_worker(f"worker-{number}")
    house.start(house.worker)
    until(lambda: house.query(BEATING, since=since) == [(WORKERS * QUEUES,)], "all workers are there")
    # The next look at the clock that all of them take part in.
    (look,) = house.query(LATEST)[0]
    until(lambda: house.query(LATEST)[0][0] > look, "a look")
    house.settle()
    queued = house.query(QUEUED, before=before)
    assert {task for task, _, _ in queued} >= {"schedule.take_over", "schedule.sweep"}
    assert {count for _, _, count in queued} == {1}, queued
    house.assert_whole()
