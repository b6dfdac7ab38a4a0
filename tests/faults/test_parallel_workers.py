"""Several workers start at the same moment, each with its schedule: what is due is done once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.faults.deployment import Deployment
from tests.waiting import wait_until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

WORKERS = 3
# Each process works at two queues.
QUEUES = 2
# As after a long night: everything on the schedule is due at once.
NEVER_DONE = "DELETE FROM procrastinate_periodic_defers"
QUEUED = """
    SELECT task_name, args ->> 'timestamp', count(*) FROM procrastinate_jobs
    WHERE id > %(before)s AND task_name LIKE 'schedule.%%' GROUP BY 1, 2
"""
# Of each task only the newest is kept.
LATEST = "SELECT max(id) FROM procrastinate_periodic_defers"
BEATING = "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat >= %(since)s"


def test_due_schedule_entries_are_queued_once(deployment: Deployment) -> None:
    deployment.wait_until_idle()
    deployment.stop(deployment.worker)
    deployment.query(NEVER_DONE)
    (before,) = deployment.query("SELECT max(id) FROM procrastinate_jobs")[0]
    since = datetime.now(UTC)
    for number in range(WORKERS - 1):
        deployment.start_second_worker(f"worker-{number}")
    deployment.start(deployment.worker)
    wait_until(lambda: deployment.query(BEATING, since=since) == [(WORKERS * QUEUES,)], "all workers are there")
    # The next look at the clock that all of them take part in.
    (check,) = deployment.query(LATEST)[0]
    wait_until(lambda: deployment.query(LATEST)[0][0] > check, "a look")
    deployment.wait_until_idle()
    queued = deployment.query(QUEUED, before=before)
    assert {task for task, _, _ in queued} >= {"schedule.take_over", "schedule.sweep"}
    assert {count for _, _, count in queued} == {1}, queued
    deployment.assert_consistent()
