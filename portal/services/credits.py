"""Credits: the provider's balance, how much of it is reserved, and resuming people who wait for a credit."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import ceil

from portal.db import transaction
from portal.domain import job_types
from portal.domain.credit_forecast import CreditUse, list_daily, measure_use
from portal.domain.stages import Problem
from portal.failpoints import failpoint
from portal.models import credits, people, queue, shoots, waiting_room
from portal.models.shoots import Shoot
from portal.provider.errors import UnexpectedResponse
from portal.services import notifications, start_jobs
from portal.services.app_context import AppContext

log = logging.getLogger(__name__)

# After credits were used up, one person is resumed first, to find out whether there are credits again.
PROBE = 1
# How far back the curve of balances goes.
CURVE_PERIOD = timedelta(days=30)


@dataclass(frozen=True)
class Forecast:
    """The credits that are left, as far as known.

    Attributes:
        balance: the balance last read; None if the provider's response contained none.
        read_at: when it was read; None before the first reading.
        reserved: requested and existing sessions whose credit is not charged yet.
        waiting: how many of those wait for a credit.
    """

    balance: Decimal | None
    read_at: datetime | None
    reserved: int
    waiting: int

    @property
    def free(self) -> Decimal | None:
        """How many more people can start; negative if too many have started; None if unknown."""
        return None if self.balance is None else self.balance - self.reserved

    @property
    def is_used_up(self) -> bool:
        """Whether a person who starts now would get no session. An unknown balance does not count as zero."""
        return bool(self.waiting) or (self.free is not None and self.free <= 0)


def get_forecast() -> Forecast:
    """Return the forecast from our own records; no outside call is made."""
    known = credits.find_balance()
    reserved, waiting = credits.count_reserved_and_waiting()
    return Forecast(
        balance=known.balance if known else None,
        read_at=known.read_at if known else None,
        reserved=reserved,
        waiting=waiting,
    )


@dataclass(frozen=True)
class CreditHistory:
    """The rate at which credits are used, and the balance of each of the last 30 days from the first reading on."""

    use: CreditUse
    days: list[tuple[date, Decimal]]


def get_history(balance: Decimal | None, now: datetime) -> CreditHistory:
    """Return how credits were used, and how long this balance lasts."""
    readings = credits.list_readings(now - CURVE_PERIOD)
    days = list_daily(readings, first=(now - CURVE_PERIOD).date(), last=now.date())
    return CreditHistory(measure_use(readings, balance, now), days)


def fetch_balance(context: AppContext) -> Decimal | None:
    """Read the balance from the provider and store it; return None if the response contains none.

    Raises:
        ProviderError: the balance could not be read.
    """
    try:
        balance: Decimal | None = context.provider.get_credits()
    except UnexpectedResponse as error:
        # For example an HTML page of a proxy. Stored as unknown until the next reading.
        log.warning("credits.balance_invalid", extra={"reason": error.reason})
        balance = None
    failpoint("credits.after_call")
    with transaction():
        now = context.clock()
        credits.store_balance(balance, now=now)
        low_since = credits.update_low_since(context.settings.credit_alert_below, now=now)
        if low_since is not None:
            notifications.notify_credits_low(low_since, context)
    return balance


def refresh_balance(context: AppContext) -> None:
    """Fetch the balance, and resume the first person who waits for a credit unless the balance is zero.

    Raises:
        ProviderError: the balance could not be read.
    """
    balance = fetch_balance(context)
    if balance is None or balance > 0:
        _resume_first(PROBE, now=context.clock())


def enqueue_balance_fetch() -> None:
    """Enqueue a job that fetches the balance, in the caller's transaction; the job resumes no waiting person."""
    queue.enqueue_job(job_types.FETCH_BALANCE)


def enqueue_resume_waiting() -> None:
    """Enqueue a job, in the transaction of a created session, that resumes people who wait for a credit, if any do."""
    if waiting_room.list_held_up_by(Problem.NO_CREDITS, limit=1):
        queue.enqueue_job(job_types.RESUME_WAITING)


def resume_waiting(*, now: datetime) -> int:
    """Resume as many people who wait for a credit as the balance allows, in the order of their requests.

    An unknown balance allows all: the first one the provider refuses holds up everyone behind, without another call.

    Returns:
        How many were resumed.
    """
    with transaction():
        known = credits.find_balance()
        limit = None
        if known is not None and known.balance is not None:
            in_progress = credits.count_reserved() - waiting_room.count_held_up_by(Problem.NO_CREDITS)
            limit = max(0, ceil(known.balance) - in_progress)
    return _resume_first(limit, now=now)


def _resume_first(limit: int | None, *, now: datetime) -> int:
    with transaction():
        found = [shoot.id for shoot in waiting_room.list_held_up_by(Problem.NO_CREDITS, limit)]
    for shoot_id in found:
        with transaction():
            shoot = shoots.lock_shoot(shoot_id)
            if shoot is not None and shoot.closed_at is None and shoot.problem == Problem.NO_CREDITS:
                _resume(shoot, now=now)
    return len(found)


def _resume(shoot: Shoot, *, now: datetime) -> None:
    """Return a shoot to its position in the queue."""
    shoot.problem = None
    shoot.attempted_at = None
    people.publish_version(shoot.person_id)
    notifications.notify_credits_back(shoot, now=now)
    start_jobs.enqueue_start_job(shoot)
