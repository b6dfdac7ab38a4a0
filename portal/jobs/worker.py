"""The worker process: runs jobs until a signal stops it, and requeues those it cannot finish in time."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from concurrent.futures import ThreadPoolExecutor

from flask import Flask
from procrastinate import PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.worker import Worker
from psycopg import OperationalError as Disconnected
from psycopg_pool import PoolTimeout
from sqlalchemy.exc import OperationalError

from portal.db import CONNECT_OPTIONS, transaction
from portal.domain import job_types
from portal.images.memory import configure_allocator
from portal.jobs import (
    schedule,
    tasks,  # noqa: F401 - registers the tasks
)
from portal.jobs.runner import WorkerContext, queue
from portal.models import provider_account
from portal.models import queue as job_queue
from portal.services.app_context import AppContext

log = logging.getLogger(__name__)

CONCURRENCY = 6
# Slots for start jobs alone: while these wait for the request budget, all other jobs continue.
START_CONCURRENCY = 4
GRACE_SECONDS = 20
# For requeuing; the platform kills 30 seconds after the signal.
REQUEUE_SECONDS = 3
RECONNECT_SECONDS = 1.0

_LOST_QUEUE = (ConnectorException, Disconnected, PoolTimeout, OperationalError)


def run_worker(app: Flask) -> None:
    """Run jobs until SIGTERM or SIGINT; jobs not finished 20 seconds later are requeued.

    Reconnects when the database was unavailable.
    """
    configure_allocator()
    asyncio.run(_run(app, app.extensions["portal"]))


async def _run(app: Flask, portal: AppContext) -> None:
    should_stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    # The default executor has too few threads on a small machine, and waiting start jobs would occupy them.
    loop.set_default_executor(ThreadPoolExecutor(CONCURRENCY + START_CONCURRENCY, thread_name_prefix="job"))
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, should_stop.set)
    while not should_stop.is_set():
        try:
            await _work(app, portal, should_stop)
        except _LOST_QUEUE as error:
            log.warning("worker.queue_lost", extra={"error": type(error).__name__})
        try:
            await asyncio.wait_for(should_stop.wait(), RECONNECT_SECONDS)
        except TimeoutError:
            log.info("worker.restarting")
    log.info("worker.stopped")


async def _work(app: Flask, portal: AppContext, should_stop: asyncio.Event) -> None:
    """Run jobs until a signal arrives or the queue ends by itself, which it does when its database is lost."""
    with app.app_context(), transaction():
        # Finds what happened while no worker ran at once, instead of within ten minutes.
        job_queue.enqueue_job(job_types.SWEEP)
        # The console shows the account from the first hour on; afterwards it is read daily.
        if portal.settings.has_studio and provider_account.find_account() is None:
            job_queue.enqueue_job(job_types.READ_ACCOUNT)
        # A start is when settings change.
        job_queue.enqueue_job(job_types.REFRESH_KITS)
    connector = create_connector(portal.settings.database_url, portal.settings.connection_plan.worker_queue)
    with queue.replace_connector(connector):
        async with queue.open_async():
            workers = [
                _create_worker(app, portal, job_types.DEFAULT_QUEUE, CONCURRENCY),
                _create_worker(app, portal, job_types.START_QUEUE, START_CONCURRENCY),
            ]
            log.info("worker.started")
            tasks_running = [asyncio.create_task(worker.run()) for worker in workers]  # type: ignore[no-untyped-call]
            stopping = asyncio.create_task(should_stop.wait())
            await asyncio.wait({*tasks_running, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not stopping.done():
                # One has lost its queue: stop the other gracefully, then start both again.
                for worker in workers:
                    worker.stop()  # type: ignore[no-untyped-call]
                both = asyncio.create_task(asyncio.wait(tasks_running))
                await asyncio.wait({both, stopping}, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            if not all(task.done() for task in tasks_running):
                await _stop(workers, tasks_running)
            await asyncio.gather(*tasks_running)


def create_connector(database_url: str, size: int) -> PsycopgConnector:
    """Return the queue's own connection pool, not opened yet.

    Its timeouts free the row of a job when a worker freezes while fetching it.
    """
    conninfo = database_url.replace("postgresql+psycopg://", "postgresql://")
    return PsycopgConnector(conninfo=conninfo, min_size=1, max_size=size, timeout=10, kwargs=dict(CONNECT_OPTIONS))


def _create_worker(app: Flask, portal: AppContext, queue_name: str, concurrency: int) -> Worker:
    return Worker(
        queue,
        queues=[queue_name],
        name=f"worker.{queue_name}",
        concurrency=concurrency,
        install_signal_handlers=False,
        update_heartbeat_interval=schedule.HEARTBEAT_SECONDS,
        stalled_worker_timeout=schedule.UNLISTED_AFTER_SECONDS,
        additional_context={"worker": WorkerContext(app, portal)},
    )


async def _stop(workers: list[Worker], tasks_running: list[asyncio.Task[None]]) -> None:
    """Let running jobs end; requeue those that take too long, and end the process."""
    worker_ids = [worker.worker_id for worker in workers if worker.worker_id is not None]
    for worker in workers:
        worker.stop()  # type: ignore[no-untyped-call]
    _, running = await asyncio.wait(tasks_running, timeout=GRACE_SECONDS)
    if not running or not worker_ids:
        return
    try:
        for worker_id in worker_ids:
            await asyncio.wait_for(schedule.requeue_unfinished(queue, worker_id), REQUEUE_SECONDS / len(worker_ids))
    except (*_LOST_QUEUE, TimeoutError) as error:
        log.warning("job.hand_back_failed", extra={"error": type(error).__name__})
    # Their threads cannot be stopped; waiting for them would end in a kill before the jobs are requeued.
    log.warning("worker.stopped_unfinished")
    logging.shutdown()
    os._exit(0)
