"""The job queue: the only module that depends on the schema of the queue's own tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

import procrastinate
from procrastinate.exceptions import AlreadyEnqueued
from sqlalchemy import text

from portal.db import db, get_driver_connection
from portal.domain.job_types import CREATE_SESSION, JobType

# Enqueuing needs no connection pool of its own: every insert uses the session's connection.
_queue = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())


def enqueue_job(job_type: JobType, *, at: datetime | None = None, **arguments: str | int | bool | None) -> bool:
    """Enqueue a job that exists exactly if the running transaction commits.

    Args:
        job_type: what to run.
        at: the earliest start, UTC.
        arguments: JSON values only, and nothing private: rows hold what is private.

    Returns:
        False when a job with the same unique key is waiting already.
    """
    connection = get_driver_connection()
    key = job_type.build_key(dict(arguments))
    job = _queue.configure_task(
        job_type.name,
        lock=key if job_type.is_exclusive else None,
        queueing_lock=key,
        priority=job_type.priority,
        queue=job_type.queue,
        schedule_at=at,
        connection=connection,
    )
    db.session.flush()
    try:
        # A refused duplicate must not abort the caller's transaction. This is the connection's own savepoint: the
        # session would set its one only with its next statement, and this insert does not go through the session.
        with db.session.connection().begin_nested():
            job.defer(**arguments)
    except AlreadyEnqueued:
        return False
    return True


_BRING_FORWARD = text(
    "UPDATE procrastinate_jobs SET scheduled_at = NULL, args = args || CAST(:arguments AS jsonb) "
    "WHERE queueing_lock = :key AND status = 'todo'"
)


def start_job_now(job_type: JobType, **arguments: str | int | bool) -> None:
    """Enqueue a job, or let the one that waits under its key start at once with these arguments.

    For what a person requested: the job that waits may be a retry, or the schedule's, which starts up to a minute
    later and may do less than was requested. Runs in the caller's transaction.
    """
    if not enqueue_job(job_type, at=None, **arguments):
        values = {"key": job_type.build_key(dict(arguments)), "arguments": json.dumps(arguments)}
        db.session.execute(_BRING_FORWARD, values)


# For a statement that stores a row and its job in one round trip. Procrastinate's own function would insert the job
# through PL/pgSQL, which doubles the cost of storing a webhook. Takes %(task)s, %(queue)s and %(priority)s.
INSERT_JOB: LiteralString = (
    "INSERT INTO procrastinate_jobs (queue_name, task_name, priority, args) SELECT %(queue)s, %(task)s, %(priority)s, "
)


def build_insert_values(job_type: JobType) -> dict[str, object]:
    """Return the parameters of :data:`INSERT_JOB` for a type of job."""
    return {"queue": job_type.queue, "task": job_type.name, "priority": job_type.priority}


_DELETE_FINISHED = text(
    """
    DELETE FROM procrastinate_jobs AS job
    WHERE job.status IN ('succeeded', 'failed', 'cancelled', 'aborted')
      AND NOT EXISTS (SELECT 1 FROM procrastinate_events AS event
                      WHERE event.job_id = job.id AND event.at >= :before)
    RETURNING job.id
    """
)


def delete_finished(before: datetime) -> int:
    """Delete the jobs that ended before this time; return their number."""
    return len(db.session.execute(_DELETE_FINISHED, {"before": before}).all())


_HAS_ACTIVE = text(
    """
    SELECT 1 FROM procrastinate_jobs
    WHERE task_name = :task AND args @> CAST(:arguments AS jsonb) AND status IN ('todo', 'doing') LIMIT 1
    """
)


def has_active_job(job_type: JobType, **arguments: str | int) -> bool:
    """Return whether a job of this type with these arguments waits or runs."""
    values = {"task": job_type.name, "arguments": json.dumps(arguments)}
    return db.session.execute(_HAS_ACTIVE, values).first() is not None


@dataclass(frozen=True)
class JobAttempt:
    """One run of a job, or one that waits.

    Attributes:
        status: as the queue names it, such as ``todo``, ``doing``, ``succeeded`` or ``failed``.
        failures: failed attempts before this one.
        scheduled_at: earliest start of one that waits; None for at once.
    """

    status: str
    failures: int
    scheduled_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None


_ATTEMPTS = text(
    """
    SELECT CAST(job.status AS text), coalesce(CAST(job.args ->> 'tries' AS integer), 0), job.scheduled_at,
           (SELECT max(event.at) FROM procrastinate_events AS event
            WHERE event.job_id = job.id AND event.type = 'started'),
           (SELECT max(event.at) FROM procrastinate_events AS event
            WHERE event.job_id = job.id AND event.type IN ('succeeded', 'failed', 'cancelled', 'aborted'))
    FROM procrastinate_jobs AS job
    WHERE job.task_name = :task AND job.args @> CAST(:arguments AS jsonb) ORDER BY job.id
    """
)


def list_attempts(job_type: JobType, **arguments: str | int) -> list[JobAttempt]:
    """List the runs of the jobs of this type with these arguments, the oldest first, as far as they are kept."""
    values = {"task": job_type.name, "arguments": json.dumps(arguments)}
    return [JobAttempt(*row) for row in db.session.execute(_ATTEMPTS, values)]


_ACTIVE_VALUES = text(
    "SELECT DISTINCT args ->> :argument FROM procrastinate_jobs WHERE task_name = :task AND status IN ('todo', 'doing')"
)


def list_active_values(job_type: JobType, argument: str) -> set[str]:
    """Return the values of one argument of all jobs of this type that wait or run."""
    return set(db.session.scalars(_ACTIVE_VALUES, {"task": job_type.name, "argument": argument}))


_COUNT_ACTIVE = text(
    "SELECT count(*) FROM procrastinate_jobs "
    "WHERE task_name = ANY(CAST(:tasks AS text[])) AND status IN ('todo', 'doing')"
)


def count_active_jobs(*job_types: JobType) -> int:
    """Count the jobs of these types that wait or run."""
    return int(db.session.scalar(_COUNT_ACTIVE, {"tasks": [each.name for each in job_types]}) or 0)


# The arguments that name what a job works on.
_ABOUT = " OR ".join(
    f"args->>'{name}' = ANY(CAST(:subjects AS text[]))"
    for name in ("shoot_id", "photo_id", "kit_id", "archive_id", "notice_id")
)
_HAS_RUNNING_ABOUT = text(f"SELECT 1 FROM procrastinate_jobs WHERE status = 'doing' AND ({_ABOUT}) LIMIT 1")  # noqa: S608  # nosec B608  # constants of this module
# A start job serves the first in the queue, so that deleting it would delay another person.
_DELETE_WAITING = text(f"DELETE FROM procrastinate_jobs WHERE status = 'todo' AND task_name <> :start AND ({_ABOUT})")  # noqa: S608  # nosec B608  # constants of this module


def has_running_job_about(subject_ids: Iterable[UUID]) -> bool:
    """Return whether a job that works on one of these shoots, photos, kits, archives or notifications is running."""
    subjects = [str(subject_id) for subject_id in subject_ids]
    return db.session.execute(_HAS_RUNNING_ABOUT, {"subjects": subjects}).first() is not None


def delete_waiting_jobs(subject_ids: Iterable[UUID]) -> None:
    """Delete the waiting jobs that work on one of these shoots, photos, kits, archives or notifications."""
    values = {"subjects": [str(subject_id) for subject_id in subject_ids], "start": CREATE_SESSION.name}
    db.session.execute(_DELETE_WAITING, values)


_HAS_RUNNING_OF_TYPE = text("SELECT 1 FROM procrastinate_jobs WHERE task_name = :task AND status = 'doing' LIMIT 1")


def has_running_job_of_type(job_type: JobType) -> bool:
    """Return whether any job of this type is running."""
    return db.session.execute(_HAS_RUNNING_OF_TYPE, {"task": job_type.name}).first() is not None


# The last sign of life of a worker that is not listed any more is that it took the job.
_WITHOUT_WORKER = text(
    """
    SELECT job.id FROM procrastinate_jobs AS job
    LEFT JOIN procrastinate_workers AS worker ON worker.id = job.worker_id
    WHERE job.status = 'doing'
      AND COALESCE(worker.last_heartbeat,
                   (SELECT max(event.at) FROM procrastinate_events AS event
                    WHERE event.job_id = job.id AND event.type = 'started'),
                   '-infinity') < CAST(:now AS timestamptz) - interval '2 minutes'
    """
)


def list_jobs_without_worker(now: datetime) -> Iterator[int]:
    """Yield running jobs whose worker has sent no heartbeat for two minutes; the schedule requeues them before that."""
    yield from db.session.scalars(_WITHOUT_WORKER, {"now": now})


_LAST_HEARTBEAT = text("SELECT max(last_heartbeat) FROM procrastinate_workers")


def find_last_heartbeat() -> datetime | None:
    """Return when any worker last sent a heartbeat, None if none ever did."""
    found: datetime | None = db.session.scalar(_LAST_HEARTBEAT)
    return found
