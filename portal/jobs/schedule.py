"""The schedule: periodic jobs, and requeuing the jobs of workers that have died."""

from __future__ import annotations

import logging
import random
from datetime import datetime, timedelta

from procrastinate import App, JobContext
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager

from portal.db import transaction
from portal.domain import job_types
from portal.domain.job_types import JobType
from portal.jobs import photo_tasks, roster_tasks  # noqa: F401 - register their tasks
from portal.jobs.runner import MAX_ATTEMPTS, WorkerContext, queue
from portal.models import queue as job_queue
from portal.models import shoots

log = logging.getLogger(__name__)

# After this time without a heartbeat a worker counts as dead and its jobs are requeued.
HEARTBEAT_SECONDS = 5
DEAD_AFTER_SECONDS = 20
# A dead worker stays listed long enough to requeue its jobs, and for a frozen one to resume.
UNLISTED_AFTER_SECONDS = 600
# Portals of many companies must not all call the provider in the same second.
SPREAD_SECONDS = 60


@queue.periodic(cron="*/10 * * * *")
@queue.task(name="schedule.sweep", pass_context=True)
def enqueue_sweep(context: JobContext, timestamp: int) -> None:
    """Enqueue the regular sweep, once an hour a full one; without a studio only while a session is open."""
    if not _uses_provider(context):
        return
    _enqueue(context, job_types.SWEEP, is_spread=True, full=timestamp % 3600 == 0)


@queue.periodic(cron="*/5 * * * *")
@queue.task(name="schedule.credits", pass_context=True)
def enqueue_balance_refresh(context: JobContext, timestamp: int) -> None:
    """Enqueue one call for the balance, so that people who wait for a credit are resumed soon."""
    del timestamp
    if _uses_provider(context):
        _enqueue(context, job_types.REFRESH_BALANCE, is_spread=True)


@queue.periodic(cron="23 * * * *")
@queue.task(name="schedule.health", pass_context=True)
def enqueue_health_check(context: JobContext, timestamp: int) -> None:
    """Enqueue the hourly health check."""
    del timestamp
    _enqueue(context, job_types.CHECK_HEALTH, is_spread=True)


@queue.periodic(cron="31 * * * *")
@queue.task(name="schedule.delivery_total", pass_context=True)
def enqueue_delivery_count(context: JobContext, timestamp: int) -> None:
    """Enqueue the hourly count of the stored webhooks."""
    del timestamp
    _enqueue(context, job_types.COUNT_DELIVERIES)


@queue.periodic(cron="41 4 * * *")
@queue.task(name="schedule.account", pass_context=True)
def enqueue_account_reading(context: JobContext, timestamp: int) -> None:
    """Enqueue the daily reading of the provider's account; the console has a button for more."""
    del timestamp
    if _uses_provider(context):
        _enqueue(context, job_types.READ_ACCOUNT, is_spread=True)


@queue.periodic(cron="17 3 * * *")
@queue.task(name="schedule.retention", pass_context=True)
def enqueue_retention(context: JobContext, timestamp: int) -> None:
    """Enqueue the nightly deletion of expired data."""
    del timestamp
    _enqueue(context, job_types.DELETE_EXPIRED)


@queue.periodic(cron="27 2 * * *")
@queue.task(name="schedule.kits", pass_context=True)
def enqueue_kit_refresh(context: JobContext, timestamp: int) -> None:
    """Enqueue the nightly search for kits rendered with other settings, such as by a worker that was still running."""
    del timestamp
    _enqueue(context, job_types.REFRESH_KITS)


@queue.periodic(cron="*/15 * * * *")
@queue.task(name="schedule.campaigns", pass_context=True)
def enqueue_campaigns(context: JobContext, timestamp: int) -> None:
    """Enqueue the creation of the campaigns' mails that are due."""
    del timestamp
    _enqueue(context, job_types.RUN_CAMPAIGNS)


@queue.periodic(cron="0 7 * * 1")
@queue.task(name="schedule.digests", pass_context=True)
def enqueue_digests(context: JobContext, timestamp: int) -> None:
    """Enqueue the weekly digests for managers, on Monday morning (UTC)."""
    del timestamp
    _enqueue(context, job_types.SEND_DIGESTS)


@queue.periodic(cron="47 2 * * *")
@queue.task(name="schedule.audit", pass_context=True)
def enqueue_audit_verification(context: JobContext, timestamp: int) -> None:
    """Enqueue the nightly verification of the audit trail."""
    del timestamp
    _enqueue(context, job_types.VERIFY_AUDIT_TRAIL)


@queue.periodic(cron="7 * * * *")
@queue.task(name="schedule.audit_head", pass_context=True)
def enqueue_audit_head(context: JobContext, timestamp: int) -> None:
    """Enqueue the hourly log line with the last link of the audit trail, which leaves the machine with the logs."""
    del timestamp
    _enqueue(context, job_types.LOG_AUDIT_HEAD)


def _uses_provider(context: JobContext) -> bool:
    """Return whether there is anything to request from the provider."""
    worker: WorkerContext = context.additional_context["worker"]
    if worker.portal.settings.has_studio:
        return True
    with worker.app.app_context(), transaction():
        return bool(shoots.list_open_ids())


def _enqueue(context: JobContext, job_type: JobType, *, is_spread: bool = False, **arguments: bool) -> None:
    """Enqueue a job unless one of the type is waiting; with ``is_spread`` at a random moment of the next minute."""
    worker: WorkerContext = context.additional_context["worker"]
    at: datetime | None = None
    if is_spread:
        delay = random.uniform(0, SPREAD_SECONDS)  # noqa: S311 - nothing secret
        at = worker.portal.clock() + timedelta(seconds=delay)
    with worker.app.app_context(), transaction():
        job_queue.enqueue_job(job_type, at=at, **arguments)


@queue.periodic(cron="* * * * * */15")
@queue.task(name="schedule.take_over", pass_context=True)
async def requeue_stalled(context: JobContext, timestamp: int) -> None:
    """Requeue the jobs of workers without a recent heartbeat."""
    del timestamp
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER_SECONDS):
        log.warning("job.recovered", extra={"task": job.task_name, "job": job.id})
        await _requeue(manager, job)


async def requeue_unfinished(app: App, worker_id: int) -> None:
    """Requeue the jobs this worker has not finished."""
    manager = app.job_manager
    for job in await manager.list_jobs_async(status=Status.DOING.value, worker_id=worker_id):
        log.warning("job.requeued", extra={"task": job.task_name, "job": job.id})
        await _requeue(manager, job)


async def _requeue(manager: JobManager, job: Job) -> None:
    if job.attempts >= MAX_ATTEMPTS:
        # It has killed that many workers, and must not kill more.
        await _close_failed(manager, job)
        return
    try:
        await manager.retry_job(job)
    except ConnectorException:
        # A job with the same unique key is waiting already.
        await _close_failed(manager, job)


async def _close_failed(manager: JobManager, job: Job) -> None:
    """Close a job as failed, unless its own worker or another one has closed or requeued it meanwhile."""
    try:
        await manager.finish_job(job, status=Status.FAILED, delete_job=False)
    except ConnectorException:
        if job.id is not None and await manager.get_job_status_async(job.id) == Status.DOING:
            raise
        log.info("job.closed_elsewhere", extra={"task": job.task_name, "job": job.id})
