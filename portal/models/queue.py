"""Putting work on the queue inside the caller's transaction; which code does the work is not known here."""

from __future__ import annotations

import json
from datetime import datetime

import procrastinate
from procrastinate.exceptions import AlreadyEnqueued
from sqlalchemy import text

from portal.db import db, get_driver_connection

# Deferring by name needs no pool of its own: every insert goes through the session's connection.
_queue = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())

BACKGROUND = 0
# Turns in the waiting room have a queue with places of their own, so that thousands of them keep nothing else waiting.
# Below all else, because whoever looks for other work would have to pass them by.
LINE = "line"
TURN = -100


def defer(
    task: str,
    *,
    lock: str | None = None,
    once: str | None = None,
    priority: int = BACKGROUND,
    queue: str | None = None,
    in_turn: bool = True,
    at: datetime | None = None,
    **arguments: str | int | bool | None,
) -> bool:
    """Queue ``task`` so that it exists exactly if the running transaction commits.

    Args:
        task: the name the task is registered under, such as ``shoots.create_session``.
        lock: jobs with the same lock run one after the other.
        once: while a job with this key waits, another is not queued, and two never run side by side.
        priority: a higher number runs first.
        queue: whose places it takes; None is everybody's.
        in_turn: False lets jobs with the same ``once`` run side by side.
        at: the earliest start, UTC.
        arguments: JSON values only, and nothing private: rows hold what is private.

    Returns:
        False when ``once`` found such a job waiting already.
    """
    connection = get_driver_connection()
    job = _queue.configure_task(
        task,
        lock=lock or (once if in_turn else None),
        queueing_lock=once,
        priority=priority,
        queue=queue,
        schedule_at=at,
        connection=connection,
    )
    db.session.flush()
    try:
        # A refused duplicate must not spoil the caller's transaction. The connection's own savepoint: the
        # session's would be set only with its next statement, and the queue does not go through the session.
        with db.session.connection().begin_nested():
            job.defer(**arguments)
    except AlreadyEnqueued:
        return False
    return True


_FORGET = text(
    """
    DELETE FROM procrastinate_jobs AS job
    WHERE job.status IN ('succeeded', 'failed', 'cancelled', 'aborted')
      AND NOT EXISTS (SELECT 1 FROM procrastinate_events AS event
                      WHERE event.job_id = job.id AND event.at >= :before)
    RETURNING job.id
    """
)


def forget_finished(before: datetime) -> int:
    """Delete the jobs that ended before this moment."""
    return len(db.session.execute(_FORGET, {"before": before}).all())


_IS_QUEUED = text(
    """
    SELECT 1 FROM procrastinate_jobs
    WHERE task_name = :task AND args @> CAST(:arguments AS jsonb) AND status IN ('todo', 'doing') LIMIT 1
    """
)


def is_queued(task: str, **arguments: str | int) -> bool:
    """Return whether such a job waits or runs."""
    values = {"task": task, "arguments": json.dumps(arguments)}
    return db.session.execute(_IS_QUEUED, values).first() is not None


_IS_RUNNING = text(
    "SELECT 1 FROM procrastinate_jobs WHERE args @> CAST(:arguments AS jsonb) AND status = 'doing' LIMIT 1"
)


def is_running(**arguments: str | int) -> bool:
    """Return whether a job with these arguments, of whatever task, runs at this moment."""
    return db.session.execute(_IS_RUNNING, {"arguments": json.dumps(arguments)}).first() is not None


_IS_ANY_RUNNING = text("SELECT 1 FROM procrastinate_jobs WHERE task_name = :task AND status = 'doing' LIMIT 1")


def is_any_running(task: str) -> bool:
    """Return whether any job of this task runs at this moment."""
    return db.session.execute(_IS_ANY_RUNNING, {"task": task}).first() is not None
