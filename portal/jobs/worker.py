"""The worker process: runs the queue until it is told to stop, and hands back what it cannot finish."""

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
from portal.jobs import schedule
from portal.jobs.runner import Running, queue
from portal.jobs.tasks import SWEEP_TASK
from portal.models import queue as jobs
from portal.services.app_context import AppContext

log = logging.getLogger(__name__)

CONCURRENCY = 6
# Places for turns in the waiting room alone: while they wait for the budget, all other work goes on beside them.
TURNS = 4
GRACE_SECONDS = 20
# What the platform leaves after that is for handing back; it kills after 30.
HAND_BACK_SECONDS = 3
RECONNECT_SECONDS = 1.0

_LOST_QUEUE = (ConnectorException, Disconnected, PoolTimeout, OperationalError)


def run(app: Flask) -> None:
    """Work until SIGTERM or SIGINT; jobs not finished 20 seconds later go back on the queue.

    A database that goes away is waited for: nobody may have to start the worker again.
    """
    asyncio.run(_run(app, app.extensions["portal"]))


async def _run(app: Flask, portal: AppContext) -> None:
    told_to_stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    # The usual one has too few threads on a small machine, and turns that wait would take those of other jobs.
    loop.set_default_executor(ThreadPoolExecutor(CONCURRENCY + TURNS, thread_name_prefix="job"))
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told_to_stop.set)
    while not told_to_stop.is_set():
        try:
            await _work(app, portal, told_to_stop)
        except _LOST_QUEUE as error:
            log.warning("worker.queue_lost", extra={"error": type(error).__name__})
        try:
            await asyncio.wait_for(told_to_stop.wait(), RECONNECT_SECONDS)
        except TimeoutError:
            log.info("worker.restarting")
    log.info("worker.stopped")


async def _work(app: Flask, portal: AppContext, told_to_stop: asyncio.Event) -> None:
    """Run the queue until we are told to stop or it ends by itself, which it does when its database is lost."""
    with app.app_context(), transaction():
        # What happened while nobody was listening is found at once, not in ten minutes.
        jobs.defer(SWEEP_TASK, once="sweep")
    with queue.replace_connector(connector_to(portal.settings.database_url)):
        async with queue.open_async():
            workers = [_worker(app, portal, "default", CONCURRENCY), _worker(app, portal, jobs.LINE, TURNS)]
            log.info("worker.started")
            working = [asyncio.create_task(worker.run()) for worker in workers]  # type: ignore[no-untyped-call]
            stopping = asyncio.create_task(told_to_stop.wait())
            await asyncio.wait({*working, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not stopping.done():
                # One has lost its queue: the other ends with it, in its own time, and both start again.
                for worker in workers:
                    worker.stop()  # type: ignore[no-untyped-call]
                both = asyncio.create_task(asyncio.wait(working))
                await asyncio.wait({both, stopping}, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            if not all(each.done() for each in working):
                await _stop(workers, working)
            await asyncio.gather(*working)


def connector_to(database_url: str) -> PsycopgConnector:
    """Return the queue's own connections, not opened yet.

    A worker that freezes while it takes a job must not keep the job's row from all others.
    """
    conninfo = database_url.replace("postgresql+psycopg://", "postgresql://")
    return PsycopgConnector(conninfo=conninfo, min_size=1, max_size=5, timeout=10, kwargs=dict(CONNECT_OPTIONS))


def _worker(app: Flask, portal: AppContext, queue_name: str, concurrency: int) -> Worker:
    return Worker(
        queue,
        queues=[queue_name],
        name=f"worker.{queue_name}",
        concurrency=concurrency,
        install_signal_handlers=False,
        update_heartbeat_interval=schedule.HEARTBEAT_SECONDS,
        stalled_worker_timeout=schedule.UNLISTED_AFTER_SECONDS,
        additional_context={"running": Running(app, portal)},
    )


async def _stop(workers: list[Worker], working: list[asyncio.Task[None]]) -> None:
    """Let running jobs end; give back those that take too long, and end the process under them."""
    worker_ids = [worker.worker_id for worker in workers if worker.worker_id is not None]
    for worker in workers:
        worker.stop()  # type: ignore[no-untyped-call]
    _, running = await asyncio.wait(working, timeout=GRACE_SECONDS)
    if not running or not worker_ids:
        return
    try:
        for worker_id in worker_ids:
            await asyncio.wait_for(schedule.hand_back(queue, worker_id), HAND_BACK_SECONDS / len(worker_ids))
    except (*_LOST_QUEUE, TimeoutError) as error:
        log.warning("job.hand_back_failed", extra={"error": type(error).__name__})
    # Their threads cannot be stopped, and waiting for them would end in a kill with the jobs unaccounted for.
    log.warning("worker.stopped_unfinished")
    logging.shutdown()
    os._exit(0)
