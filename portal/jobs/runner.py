"""How a task runs: in an application context, twice without harm, and again after a failure that may pass."""

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
from portal.failpoints import failpoint
from portal.mail import MailError
from portal.models import queue as jobs
from portal.provider.errors import ProviderError, RateLimited
from portal.services.app_context import AppContext
from portal.storage import StorageError

log = logging.getLogger(__name__)

# The worker gives it a connector of its own; until then this opens nothing.
queue = App(connector=PsycopgConnector())

MAX_TRIES = 5
LONGEST_WAIT = timedelta(minutes=5)
# Seconds; about a minute and a half in all.
PAUSES_WITHOUT_DATABASE = (0.5, 1, 2, 4, 8, 15, 15, 15, 15, 15)

Body = Callable[..., None]
OnceKey = Callable[[dict[str, Any]], str]


@dataclass(frozen=True)
class Running:
    """What the worker hands to every task."""

    app: Flask
    portal: AppContext


def is_outage(error: Exception) -> bool:
    """Whether the fault is somebody else's and passes by itself, so that giving up would be wrong."""
    if isinstance(error, ProviderError | StorageError | MailError):
        return error.retryable
    return isinstance(error, OperationalError | PoolTimeout)


def wait_before(error: Exception, tries: int, portal: AppContext) -> timedelta | None:
    """Return how long to wait before the next try, None when there is none.

    Args:
        error: what ended this try.
        tries: how many went before it.
        portal: for its clock.
    """
    if isinstance(error, RetryLater) and error.max_attempts is not None and tries + 1 >= error.max_attempts:
        return None
    retry_at = _retry_time(error)
    if retry_at is not None:
        return max(retry_at - portal.clock(), timedelta(0)) + timedelta(seconds=random.uniform(0.1, 2))  # noqa: S311
    if tries + 1 >= MAX_TRIES and not is_outage(error):
        return None
    ceiling = min(LONGEST_WAIT, timedelta(seconds=2 ** min(tries, 10)))
    return ceiling * random.uniform(0.5, 1)  # noqa: S311 - jitter, not a secret


def _retry_time(error: Exception) -> datetime | None:
    """Return when to run the job again, if the error says so."""
    if isinstance(error, RateLimited):
        return error.resets_at
    return error.at if isinstance(error, RetryLater) else None


def task(
    name: str,
    *,
    once: OnceKey | None = None,
    on_dead: Body | None = None,
    priority: int = jobs.BACKGROUND,
    queue_name: str | None = None,
    in_turn: bool = True,
) -> Callable[[Body], Body]:
    """Register ``body(portal, **arguments)`` as a task.

    A failed try queues a fresh job under the same ``once`` key instead of reviving the old one: with two
    waiting under one key the database would refuse, and the work would be stuck.

    Args:
        name: what it is queued by.
        once: the key under which only one job waits.
        on_dead: called with the same arguments and ``error`` after the last try.
        priority: of the tries that follow.
        queue_name: of the tries that follow.
        in_turn: False lets jobs with the same key run side by side.
    """

    def register(body: Body) -> Body:
        def run(context: JobContext, /, *, tries: int = 0, **arguments: Any) -> None:
            running: Running = context.additional_context["running"]
            with running.app.app_context(), open_audit_context(AuditContext(Channel.WORKER)):
                try:
                    body(running.portal, **arguments)
                except Exception as error:
                    wait = wait_before(error, tries, running.portal)
                    if wait is None:
                        if on_dead is not None:
                            on_dead(running.portal, error=error, **arguments)
                        raise
                    log.log(
                        logging.DEBUG if isinstance(error, RetryLater) else logging.WARNING,
                        "job.retry_scheduled",
                        extra={"task": name, "tries": tries + 1, "error": type(error).__name__},
                    )
                    _queue_surely(
                        name,
                        once=once(arguments) if once else None,
                        priority=priority,
                        queue=queue_name,
                        in_turn=in_turn,
                        at=running.portal.clock() + wait,
                        tries=tries + 1,
                        **arguments,
                    )
                    failpoint("retry.after_queue")

        queue.task(name=name, pass_context=True)(run)
        return body

    return register


def _queue_surely(name: str, **job: Any) -> None:
    """Queue a further try, also when the database that made this one fail is not back at once.

    Without it the work would be counted as failed for good as soon as the queue's own connection is the first to
    come back.

    Raises:
        OperationalError, PoolTimeout: it stayed away; the sweep finds the work later.
    """
    for pause in PAUSES_WITHOUT_DATABASE:
        try:
            with transaction():
                jobs.defer(name, **job)
        except (OperationalError, PoolTimeout):
            time.sleep(pause)
        else:
            return
    with transaction():
        jobs.defer(name, **job)
