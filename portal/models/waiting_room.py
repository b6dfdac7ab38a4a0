"""The queue of people who have pressed start: the next one, and the position of each.

It has no table of its own: every open shoot without a session is in the queue, ordered by time of request.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ScalarSelect, func, or_, select, text, tuple_

from portal.db import db
from portal.domain import job_types
from portal.models import queue
from portal.models.budget import ProviderBudget
from portal.models.shoots import Shoot

_IS_WAITING = (Shoot.closed_at.is_(None), Shoot.provider_id.is_(None), Shoot.problem.is_(None), Shoot.left_at.is_(None))
_ORDER = (Shoot.requested_at, Shoot.ticket)


def _before(shoot: Shoot) -> Any:
    # Compared as a pair, so that the index on both columns is used.
    return tuple_(*_ORDER) < tuple_(shoot.requested_at, shoot.ticket)


def lock_next(now: datetime, *, dead_before: datetime) -> Shoot | None:
    """Lock and return the shoot that has waited longest; one being served or paused after a failure keeps its position.

    Args:
        now: the present, UTC.
        dead_before: attempts that started earlier count as abandoned.
    """
    is_free = or_(Shoot.attempted_at.is_(None), Shoot.attempted_at <= dead_before)
    is_retry_due = or_(Shoot.retry_at.is_(None), Shoot.retry_at <= now)
    query = select(Shoot).where(*_IS_WAITING, is_free, is_retry_due).order_by(*_ORDER).limit(1)
    return db.session.scalar(
        query.with_for_update(skip_locked=True).execution_options(populate_existing=True),
    )


@dataclass(frozen=True)
class QueueHead:
    """State of the queue as a whole.

    Attributes:
        is_empty: the queue has no waiting shoot.
        paused_until: no shoot is served before this time; None if the queue is not paused.
    """

    is_empty: bool
    paused_until: datetime | None


def get_queue_head() -> QueueHead:
    """Return whether the queue is empty and until when it is paused."""
    is_any_waiting = select(Shoot.id).where(*_IS_WAITING).exists()
    paused_until = select(ProviderBudget.queue_paused_until).where(ProviderBudget.id == 1).scalar_subquery()
    found, until = db.session.execute(select(is_any_waiting, paused_until)).one()
    return QueueHead(not found, until)


def find_next_ready_time(lease_seconds: float) -> datetime | None:
    """Return the earliest time at which a shoot being served or paused may be tried again; None if none waits."""
    lease = func.make_interval(0, 0, 0, 0, 0, 0, lease_seconds)
    # GREATEST ignores what is NULL.
    moment = func.greatest(Shoot.attempted_at + lease, Shoot.retry_at, Shoot.requested_at)
    first: datetime | None = db.session.scalar(select(func.min(moment)).where(*_IS_WAITING))
    return first


@dataclass(frozen=True)
class QueueFacts:
    """A shoot's position in the queue, and the facts about the queue's speed."""

    ahead: int
    served: int
    limit_per_minute: int
    reserve: float
    closed_until: datetime | None
    paused_until: datetime | None
    outages: int


# One statement: shoots ahead are counted by an index-only scan, and the number of recent calls is bounded by the
# provider's limit.
_FACTS = text(
    """
    SELECT
        (SELECT count(*) FROM shoots
         WHERE closed_at IS NULL AND provider_id IS NULL AND problem IS NULL AND left_at IS NULL
           AND (requested_at, ticket) < (:requested_at, :ticket)) AS ahead,
        (SELECT count(*) FROM provider_calls
         WHERE at > :minute_ago AND method = 'POST' AND path_template = '/organization/models'
           AND status BETWEEN 200 AND 299) AS served,
        COALESCE(budget.limit_per_minute, :limit), COALESCE(budget.reserve, 0),
        budget.closed_until, budget.line_rests_until, COALESCE(budget.line_failures, 0)
    FROM (VALUES (1)) AS one (id) LEFT JOIN provider_budget AS budget ON budget.id = one.id
    """
)


def get_queue_facts(shoot: Shoot, *, minute_ago: datetime, limit_per_minute: int) -> QueueFacts:
    """Return a shoot's position in the queue and the queue's speed.

    Args:
        shoot: a waiting shoot.
        minute_ago: sessions created after this time count as served.
        limit_per_minute: used until the first call has been made.
    """
    values = {
        "requested_at": shoot.requested_at,
        "ticket": shoot.ticket,
        "minute_ago": minute_ago,
        "limit": limit_per_minute,
    }
    return QueueFacts(*db.session.execute(_FACTS, values).one())


def is_behind_held_up(shoot: Shoot, saved: str) -> bool:
    """Return whether an earlier request is held up by the problem ``saved``."""
    query = select(Shoot.id).where(Shoot.closed_at.is_(None), Shoot.problem == saved, _before(shoot))
    return db.session.scalar(select(query.where(Shoot.is_development.is_(False)).exists())) or False


def list_held_up_by(problem: str, limit: int | None = None) -> list[Shoot]:
    """List the open shoots held up by this problem, ordered by time of request."""
    query = select(Shoot).where(Shoot.closed_at.is_(None), Shoot.problem == problem).order_by(*_ORDER)
    return list(db.session.scalars(query.limit(limit)))


def count_held_up_by(problem: str) -> int:
    """Count the open shoots held up by this problem."""
    query = select(func.count()).where(Shoot.closed_at.is_(None), Shoot.problem == problem)
    return db.session.scalar(query) or 0


def build_waiting_count() -> ScalarSelect[int]:
    """Return the number of waiting shoots, as part of a statement."""
    return select(func.count()).where(*_IS_WAITING).scalar_subquery()


def count_waiting() -> int:
    """Count all waiting shoots."""
    return db.session.scalar(select(build_waiting_count())) or 0


def list_waiting(before: datetime) -> list[Shoot]:
    """List the shoots that have waited since before this time, the longest wait first."""
    query = select(Shoot).where(*_IS_WAITING, Shoot.requested_at < before).order_by(*_ORDER)
    return list(db.session.scalars(query))


def count_missing_jobs() -> int:
    """Count the waiting shoots for which no start job is enqueued; each job serves the first in the queue."""
    return max(0, count_waiting() - queue.count_active_jobs(job_types.CREATE_SESSION))
