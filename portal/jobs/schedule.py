"""What happens by the clock: the sweep, the nightly duties, and taking over the work of a worker that has died."""

from __future__ import annotations

import logging
import random
from datetime import timedelta

from procrastinate import App, JobContext
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager

from portal.db import transaction
from portal.jobs.runner import MAX_TRIES, Running, queue
from portal.jobs.tasks import LOOK_TASK, RETENTION_TASK, SWEEP_TASK
from portal.models import queue as jobs
from portal.services.audit_trail import HEAD_TASK, VERIFY_TASK

log = logging.getLogger(__name__)

# A worker says every 5 seconds that it is alive; after this silence its jobs are somebody else's.
HEARTBEAT_SECONDS = 5
DEAD_AFTER_SECONDS = 20
# A dead worker stays listed long enough for its jobs to be taken over in its name, and a frozen one to go on.
UNLISTED_AFTER_SECONDS = 600
SPREAD_SECONDS = 60


@queue.periodic(cron="*/10 * * * *")
@queue.task(name="schedule.sweep", pass_context=True)
def queue_sweep(context: JobContext, timestamp: int) -> None:
    """Queue the regular sweep, once an hour a full one; while one waits, another is not queued."""
    running: Running = context.additional_context["running"]
    with running.app.app_context(), transaction():
        # Portals of many companies must not all ask in the same second.
        spread = timedelta(seconds=random.uniform(0, SPREAD_SECONDS))  # noqa: S311
        is_full_hour = timestamp % 3600 == 0
        jobs.defer(SWEEP_TASK, once="sweep", at=running.portal.clock() + spread, full=is_full_hour)


@queue.periodic(cron="*/5 * * * *")
@queue.task(name="schedule.credits", pass_context=True)
def queue_credits(context: JobContext, timestamp: int) -> None:
    """Queue a look at the balance; one call, so that those who wait for a credit hear of it soon."""
    del timestamp
    running: Running = context.additional_context["running"]
    with running.app.app_context(), transaction():
        spread = timedelta(seconds=random.uniform(0, SPREAD_SECONDS))  # noqa: S311
        jobs.defer(LOOK_TASK, once="credits.look", at=running.portal.clock() + spread)


@queue.periodic(cron="17 3 * * *")
@queue.task(name="schedule.retention", pass_context=True)
def queue_retention(context: JobContext, timestamp: int) -> None:
    """Queue the nightly deletion of what is old enough."""
    del timestamp
    running: Running = context.additional_context["running"]
    with running.app.app_context(), transaction():
        jobs.defer(RETENTION_TASK, once="retention")


@queue.periodic(cron="47 2 * * *")
@queue.task(name="schedule.audit", pass_context=True)
def queue_verification(context: JobContext, timestamp: int) -> None:
    """Queue the nightly check of the audit trail."""
    del timestamp
    running: Running = context.additional_context["running"]
    with running.app.app_context(), transaction():
        jobs.defer(VERIFY_TASK, once="audit")


@queue.periodic(cron="7 * * * *")
@queue.task(name="schedule.audit_head", pass_context=True)
def queue_head(context: JobContext, timestamp: int) -> None:
    """Queue the hourly note of where the audit trail ends, which leaves the machine with the logs."""
    del timestamp
    running: Running = context.additional_context["running"]
    with running.app.app_context(), transaction():
        jobs.defer(HEAD_TASK, once="audit head")


@queue.periodic(cron="* * * * * */15")
@queue.task(name="schedule.take_over", pass_context=True)
async def take_over(context: JobContext, timestamp: int) -> None:
    """Put the jobs of workers that no longer answer back on the queue."""
    del timestamp
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER_SECONDS):
        log.warning("job.recovered", extra={"task": job.task_name, "job": job.id})
        await _put_back(manager, job)


async def hand_back(app: App, worker_id: int) -> None:
    """Put the jobs this worker has not finished back on the queue."""
    manager = app.job_manager
    for job in await manager.list_jobs_async(status=Status.DOING.value, worker_id=worker_id):
        log.warning("job.requeued", extra={"task": job.task_name, "job": job.id})
        await _put_back(manager, job)


async def _put_back(manager: JobManager, job: Job) -> None:
    if job.attempts >= MAX_TRIES:
        # Whoever takes it dies of it; it must not take down one worker after the other.
        await manager.finish_job(job, status=Status.FAILED, delete_job=False)
        return
    try:
        await manager.retry_job(job)
    except ConnectorException:
        # The same work waits already under its key, so this copy has nothing left to do.
        await manager.finish_job(job, status=Status.FAILED, delete_job=False)
