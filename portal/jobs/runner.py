"""Running tasks: in an application context, and again after a failure that may be temporary."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from procrastinate import App, JobContext, PsycopgConnector
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from portal.db import transaction
from portal.domain.audit_context import AuditContext, Channel, open_audit_context
from portal.domain.errors import RetryLater
from portal.domain.job_types import JobType
from portal.failpoints import failpoint
from portal.mail import MailError
from portal.models import queue as job_queue
from portal.provider.errors import ProviderError, RateLimited
from portal.services.app_context import AppContext
from portal.storage import StorageError

log = logging.getLogger(__name__)

# The worker replaces this connector; until then no connection is opened.
queue = App(connector=PsycopgConnector())

MAX_ATTEMPTS = 5
MAX_RETRY_DELAY = timedelta(minutes=5)
# Seconds; about a minute and a half in all.
DELAYS_WITHOUT_DATABASE = (0.5, 1, 2, 4, 8, 15, 15, 15, 15, 15)

Body = Callable[..., None]


@dataclass(frozen=True)
class WorkerContext:
    """What the worker passes to every task."""

    app: Flask
    portal: AppContext


def is_outage(error: Exception) -> bool:
    """Return whether an outside part is down, so that the job is retried without a limit."""
    if isinstance(error, ProviderError | StorageError | MailError):
        return error.retryable
    return isinstance(error, OperationalError | PoolTimeout)


def compute_retry_delay(error: Exception, attempts: int, context: AppContext) -> timedelta | None:
    """Return how long to wait before the next attempt; None to give up.

    Args:
        error: what ended this attempt.
        attempts: number of attempts before this one.
        context: for its clock.
    """
    if isinstance(error, RetryLater) and error.max_attempts is not None and attempts + 1 >= error.max_attempts:
        return None
    retry_at = _find_retry_time(error)
    if retry_at is not None:
        jitter = timedelta(seconds=random.uniform(0.1, 2))  # noqa: S311 - jitter, not a secret
        return max(retry_at - context.clock(), timedelta(0)) + jitter
    if attempts + 1 >= MAX_ATTEMPTS and not is_outage(error):
        return None
    ceiling = min(MAX_RETRY_DELAY, timedelta(seconds=2 ** min(attempts, 10)))
    return ceiling * random.uniform(0.5, 1)  # noqa: S311 - jitter, not a secret


def _find_retry_time(error: Exception) -> datetime | None:
    if isinstance(error, RateLimited):
        return error.resets_at
    return error.at if isinstance(error, RetryLater) else None


def register_task(job_type: JobType, *, on_dead: Body | None = None) -> Callable[[Body], Body]:
    """Register ``body(context, **arguments)`` as the task of a job type.

    A failed attempt enqueues a new job with the same unique key instead of reviving the failed one: the database
    refuses a second waiting job with the same key, and the job would never run again.

    Args:
        job_type: the jobs that run it.
        on_dead: called with the same arguments and ``error`` after the last attempt.
    """

    def register(body: Body) -> Body:
        # The name ``tries`` is stored in the arguments of waiting jobs.
        def run(job_context: JobContext, /, *, tries: int = 0, **arguments: Any) -> None:
            worker: WorkerContext = job_context.additional_context["worker"]
            with worker.app.app_context(), open_audit_context(AuditContext(Channel.WORKER)):
                try:
                    body(worker.portal, **arguments)
                except Exception as error:
                    delay = compute_retry_delay(error, tries, worker.portal)
                    if delay is None:
                        if on_dead is not None:
                            on_dead(worker.portal, error=error, **arguments)
                        raise
                    log.log(
                        logging.DEBUG if isinstance(error, RetryLater) else logging.WARNING,
                        "job.retry_scheduled",
                        extra={"task": job_type.name, "tries": tries + 1, "error": type(error).__name__},
                    )
                    _enqueue_retry(job_type, at=worker.portal.clock() + delay, tries=tries + 1, **arguments)
                    failpoint("retry.after_queue")

        queue.task(name=job_type.name, pass_context=True)(run)
        return body

    return register


def _enqueue_retry(job_type: JobType, **job: Any) -> None:
    """Enqueue the next attempt, also when the database that failed this one is not available again at once.

    Otherwise the job would count as failed for good when the queue's own connection recovers first.

    Raises:
        OperationalError, PoolTimeout: the database stayed unavailable; the sweep requeues the work later.
    """
    for delay in DELAYS_WITHOUT_DATABASE:
        try:
            with transaction():
                job_queue.enqueue_job(job_type, **job)
        except (OperationalError, PoolTimeout):
            time.sleep(delay)
        else:
            return
    with transaction():
        job_queue.enqueue_job(job_type, **job)
