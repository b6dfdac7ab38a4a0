"""The line of those who have pressed start: who is next, and who stands where.

It is not a table of its own: whoever has an open shoot without a session stands in it, in the order of asking.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select, text, tuple_

from portal.db import db
from portal.domain import job_types
from portal.models import queue
from portal.models.budget import ProviderBudget
from portal.models.shoots import Shoot

_IS_WAITING = (Shoot.closed_at.is_(None), Shoot.provider_id.is_(None), Shoot.problem.is_(None), Shoot.left_at.is_(None))
_ORDER = (Shoot.requested_at, Shoot.ticket)


def _before(shoot: Shoot) -> Any:
    # Compared as a pair, which an index on both answers.
    return tuple_(*_ORDER) < tuple_(shoot.requested_at, shoot.ticket)


def lock_next(now: datetime, *, dead_before: datetime) -> Shoot | None:
    """Return who has waited longest, locked; whoever is being served or rests after a failure keeps their place.

    Args:
        now: the present, UTC.
        dead_before: attempts that began earlier are nobody's any more.
    """
    is_free = or_(Shoot.attempted_at.is_(None), Shoot.attempted_at <= dead_before)
    is_rested = or_(Shoot.retry_at.is_(None), Shoot.retry_at <= now)
    query = select(Shoot).where(*_IS_WAITING, is_free, is_rested).order_by(*_ORDER).limit(1)
    return db.session.scalar(
        query.with_for_update(skip_locked=True).execution_options(populate_existing=True),
    )


@dataclass(frozen=True)
class QueueHead:
    """The front of the line.

    Attributes:
        is_empty: nobody waits.
        rests_until: nobody is served before; None while the line moves.
    """

    is_empty: bool
    paused_until: datetime | None


def get_queue_head() -> QueueHead:
    """Return whether anybody waits, and whether the line moves."""
    someone = select(Shoot.id).where(*_IS_WAITING).exists()
    rests = select(ProviderBudget.queue_paused_until).where(ProviderBudget.id == 1).scalar_subquery()
    found, until = db.session.execute(select(someone, rests)).one()
    return QueueHead(not found, until)


def find_next_ready_time(lease_seconds: float) -> datetime | None:
    """Return when the first of those who are being served or rest may be tried again; None when nobody waits."""
    lease = func.make_interval(0, 0, 0, 0, 0, 0, lease_seconds)
    # GREATEST ignores what is NULL.
    moment = func.greatest(Shoot.attempted_at + lease, Shoot.retry_at, Shoot.requested_at)
    first: datetime | None = db.session.scalar(select(func.min(moment)).where(*_IS_WAITING))
    return first


@dataclass(frozen=True)
class QueueFacts:
    """Where somebody stands, and what is known about how fast the line moves."""

    ahead: int
    served: int
    limit_per_minute: int
    reserve: float
    closed_until: datetime | None
    paused_until: datetime | None
    outages: int


# One statement: those ahead are counted in the index alone, and never more sessions a minute are made than the
# provider's limit allows.
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
    """Return where a shoot stands in the line.

    Args:
        shoot: one that waits.
        minute_ago: since when sessions count as made lately.
        limit_per_minute: what holds until the first call was made.
    """
    values = {
        "requested_at": shoot.requested_at,
        "ticket": shoot.ticket,
        "minute_ago": minute_ago,
        "limit": limit_per_minute,
    }
    return QueueFacts(*db.session.execute(_FACTS, values).one())


def is_behind_held_up(shoot: Shoot, saved: str) -> bool:
    """Return whether somebody who asked earlier is held up by the problem ``saved``."""
    query = select(Shoot.id).where(Shoot.closed_at.is_(None), Shoot.problem == saved, _before(shoot))
    return db.session.scalar(select(query.where(Shoot.is_development.is_(False)).exists())) or False


def list_held_up_by(problem: str, limit: int | None = None) -> list[Shoot]:
    """Return the open shoots held up by this problem, in the order of asking."""
    query = select(Shoot).where(Shoot.closed_at.is_(None), Shoot.problem == problem).order_by(*_ORDER)
    return list(db.session.scalars(query.limit(limit)))


def count_held_up_by(problem: str) -> int:
    """Count the open shoots held up by this problem."""
    query = select(func.count()).where(Shoot.closed_at.is_(None), Shoot.problem == problem)
    return db.session.scalar(query) or 0


def count_waiting() -> int:
    """Count all waiting shoots."""
    return db.session.scalar(select(func.count()).where(*_IS_WAITING)) or 0


def list_waiting(before: datetime) -> list[Shoot]:
    """Return everybody who has waited since before this moment, the longest wait first."""
    query = select(Shoot).where(*_IS_WAITING, Shoot.requested_at < before).order_by(*_ORDER)
    return list(db.session.scalars(query))


def count_missing_jobs() -> int:
    """Count the waiting shoots for which no start job is enqueued; each job serves the first in the queue."""
    return max(0, count_waiting() - queue.count_active_jobs(job_types.CREATE_SESSION))
