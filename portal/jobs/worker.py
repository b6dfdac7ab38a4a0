"""The worker process: runs the queue until it is told to stop, and hands back what it cannot finish."""

from __future__ import annotations

import asyncio
import logging

from flask import Flask
from procrastinate import PsycopgConnector

from portal.db import transaction
from portal.jobs.runner import Running, queue
from portal.jobs.schedule import DEAD_AFTER_SECONDS, HEARTBEAT_SECONDS
from portal.jobs.tasks import SWEEP_TASK
from portal.models import jobs
from portal.services.context import Portal

log = logging.getLogger(__name__)

CONCURRENCY = 6
GRACE_SECONDS = 20


def run(app: Flask) -> None:
    """Work until SIGTERM or SIGINT; jobs not finished 20 seconds later go back on the queue."""
    portal: Portal = app.extensions["portal"]
    conninfo = portal.settings.database_url.replace("postgresql+psycopg://", "postgresql://")
    connector = PsycopgConnector(conninfo=conninfo, min_size=1, max_size=4, timeout=10)
    with queue.replace_connector(connector):
        asyncio.run(_run(app, portal))


async def _run(app: Flask, portal: Portal) -> None:
    with app.app_context(), transaction():
        # What happened while nobody was listening is found at once, not in ten minutes.
        jobs.defer(SWEEP_TASK, once="sweep")
    async with queue.open_async():
        log.info("worker started")
        await queue.run_worker_async(
            concurrency=CONCURRENCY,
            shutdown_graceful_timeout=GRACE_SECONDS,
            update_heartbeat_interval=HEARTBEAT_SECONDS,
            stalled_worker_timeout=DEAD_AFTER_SECONDS,
            additional_context={"running": Running(app, portal)},
        )
    log.info("worker stopped")
