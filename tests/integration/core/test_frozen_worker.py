"""A worker that freezes in the middle of taking a job does not keep the job from the others."""

from __future__ import annotations

import asyncio
import time

import pytest
from procrastinate import PsycopgConnector

from portal.db import CONNECT_OPTIONS
from portal.jobs import worker
from tests.integration.core.worked_example import WorkedExample

TAKE = "SELECT id FROM procrastinate_fetch_job_v2(NULL, NULL)"
LIMIT = "idle_in_transaction_session_timeout"
PUT = "INSERT INTO procrastinate_jobs (queue_name, task_name, args) VALUES ('default', 'x', '{}') RETURNING id"


def _create_connector(worked_example: WorkedExample, database_url: str) -> PsycopgConnector:
    return worker.create_connector(database_url, worked_example.portal.settings.connection_plan.worker_queue)


async def _take_and_freeze(
    connector: PsycopgConnector, worked_example: WorkedExample
) -> tuple[list[object], list[object]]:
    """Take the job and never commit; return what another taker gets at once, and what it gets in the end."""
    await connector.open_async()
    try:
        async with connector.pool.connection() as frozen:
            # The freeze begins after the other's first look, however long that takes.
            await frozen.execute(f"SET LOCAL {LIMIT} = 0")
            await frozen.execute(TAKE)
            at_once = worked_example.query(TAKE)
            await frozen.execute(f"SET LOCAL {LIMIT} TO DEFAULT")
            deadline = time.monotonic() + 30
            while (later := worked_example.query(TAKE)) == [(None,)] and time.monotonic() < deadline:
                await asyncio.sleep(0.05)
            await frozen.close()
    finally:
        await connector.close_async()
    return at_once, later


def test_job_lock_is_released(
    worked_example: WorkedExample, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = worked_example.query(PUT)[0]
    hurried = {
        **CONNECT_OPTIONS,
        "options": str(CONNECT_OPTIONS["options"]).replace("session_timeout=20000", "session_timeout=500"),
    }
    monkeypatch.setattr(worker, "CONNECT_OPTIONS", hurried)
    at_once, later = asyncio.run(_take_and_freeze(_create_connector(worked_example, database_url), worked_example))
    assert (at_once, later) == ([(None,)], [job])


def test_worker_recovery_takes_less_than_30_seconds(worked_example: WorkedExample, database_url: str) -> None:
    async def limit() -> object:
        connector = _create_connector(worked_example, database_url)
        await connector.open_async()
        try:
            return await connector.execute_query_one_async(f"SHOW {LIMIT}")
        finally:
            await connector.close_async()

    assert asyncio.run(limit()) == {LIMIT: "20s"}
