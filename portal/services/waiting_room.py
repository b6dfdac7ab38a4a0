"""The waiting room: sessions are created in the order of requests, as fast as the request budget allows.

The queue is the rows of the open shoots without a session. A start job names no person: the worker that runs it
serves the person who has waited longest at that moment, so neither the number of workers nor a restart nor a failed
attempt changes the order.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from portal.db import transaction
from portal.domain import waiting_room as domain
from portal.domain.errors import RetryLater
from portal.domain.waiting_room import QueuePosition
from portal.models import budget, waiting_room
from portal.models.shoots import Shoot
from portal.provider import Grant
from portal.services import shoot_creation, start_jobs
from portal.services.app_context import AppContext

# A start job waits this long before it goes to the end of the job queue: a worker that stops waits for it.
MAX_WAIT_SECONDS = 5.0
# Shortest wait, when another job has just locked the only waiting shoot.
_MIN_WAIT_SECONDS = 0.05
_MINUTE = timedelta(minutes=1)


def start_next_in_queue(context: AppContext) -> None:
    """Create the session of the person who has waited longest, as soon as the budget allows a call.

    May run any number of times and concurrently. A call is acquired from the budget before a person is selected, so
    the people served at one moment are always the first in the queue.

    Raises:
        RetryLater: no session could be created within the maximum wait.
    """
    remaining = MAX_WAIT_SECONDS
    while (retry_at := _try_start(context)) is not None:
        if remaining <= 0:
            raise RetryLater(retry_at)
        wait = min(max((retry_at - context.clock()).total_seconds(), _MIN_WAIT_SECONDS), remaining)
        context.sleep(wait)
        remaining -= wait


def _try_start(context: AppContext) -> datetime | None:
    """Serve one person if possible now; return when to try again, None when this job is done."""
    with transaction():
        head = waiting_room.get_queue_head()
    now = context.clock()
    if head.is_empty:
        return None
    if head.paused_until is not None and head.paused_until > now:
        return head.paused_until
    grant = context.budget.acquire("interactive", now)
    if not isinstance(grant, Grant):
        return now + timedelta(seconds=grant)
    claim = shoot_creation.claim_next_shoot(context)
    if claim is not None:
        shoot_creation.create_session(claim, context)
        return None
    with transaction():
        return waiting_room.find_next_ready_time(shoot_creation.ATTEMPT_LEASE.total_seconds())


def requeue_stale(*, before: datetime) -> int:
    """Enqueue missing start jobs for people who have waited since before this time; return how many there were."""
    queued = 0
    with transaction():
        if missing := waiting_room.count_missing_jobs():
            for shoot in waiting_room.list_waiting(before):
                queued += start_jobs.enqueue_start_job(shoot)
                if queued == missing:
                    break
    return queued


def get_queue_position(shoot: Shoot, *, now: datetime, limit_per_minute: int) -> QueuePosition:
    """Return a shoot's position and the speed of the queue, from our own records in one statement."""
    facts = waiting_room.get_queue_facts(shoot, minute_ago=now - _MINUTE, limit_per_minute=limit_per_minute)
    opens_at = max(filter(None, (facts.closed_until, facts.paused_until)), default=now)
    return QueuePosition(
        ahead=facts.ahead,
        waited=domain.compute_waited(shoot.requested_at, now),
        per_minute=domain.compute_free_per_minute(
            facts.limit_per_minute,
            budget.USED_SHARE,
            budget.BACKGROUND_SHARE,
            facts.reserve / budget.compute_reserve(facts.limit_per_minute),
        ),
        served=facts.served,
        opens_in=max(opens_at - now, timedelta(0)),
        outages=facts.outages,
    )
