"""Estimate of the remaining wait of a person in the waiting room: arithmetic and rounding."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

# Up to this position and this wait, pages show "a moment" instead of numbers.
SHORT_WAIT_PLACES = 3
SHORT_WAIT = timedelta(seconds=5)
# After this many outages in a row no estimate is given.
DOWN_AFTER = 2
# After this wait, the estimate uses the measured rate as well as the rate the budget allows.
MEASURE_AFTER = timedelta(seconds=60)

# When an open page polls its position again: at the estimated start, within these limits. An event reports
# the start itself, and the page counts its place down. While no wait is known, it polls at a fixed interval.
REFRESH_SHARE = 1.25
MIN_REFRESH = timedelta(seconds=30)
MAX_REFRESH = timedelta(minutes=15)
DOWN_REFRESH = timedelta(minutes=1)

_SECONDS = (10, 20, 30, 45)
_MINUTES = (*range(1, 11), 15, 20, 25, 30, 40, 50)


class Unit(StrEnum):
    """Unit of a rounded wait."""

    SECONDS = "seconds"
    MINUTES = "minutes"
    HOURS = "hours"


@dataclass(frozen=True)
class QueuePosition:
    """One person's position in the queue, with the facts from which the wait is estimated.

    Attributes:
        ahead: earlier requests that have no session yet.
        waited: time since the person pressed start.
        per_minute: sessions a minute the budget allows, less the share of background work.
        served: sessions created in the last minute.
        opens_in: time until the provider accepts calls again.
        outages: attempts in a row to which the provider did not respond.
    """

    ahead: int
    waited: timedelta
    per_minute: float
    served: int
    opens_in: timedelta
    outages: int

    @property
    def place(self) -> int:
        """The person's position; the first is 1."""
        return self.ahead + 1

    @property
    def is_down(self) -> bool:
        """Whether the provider does not respond, so that the wait cannot be estimated."""
        return self.outages >= DOWN_AFTER

    @property
    def wait(self) -> timedelta | None:
        """Estimated remaining wait; None if it cannot be estimated."""
        if self.is_down:
            return None
        rate = self.per_minute
        if self.waited >= MEASURE_AFTER:
            # The queue was not empty during that time, so the measured rate includes every delay.
            rate = min(rate, float(self.served))
        if rate <= 0:
            return None
        return self.opens_in + timedelta(minutes=self.place / rate)

    @property
    def is_a_moment(self) -> bool:
        """Whether the wait is too short to show as a number."""
        return self.wait is not None and self.wait <= SHORT_WAIT and self.place <= SHORT_WAIT_PLACES


def compute_free_per_minute(limit: int, used: float, background: float, reserve_share: float) -> float:
    """Return how many sessions a minute the budget allows.

    Args:
        limit: the provider's limit, in calls a minute.
        used: share of the limit that the portal uses.
        background: share of that which background work may use while people wait.
        reserve_share: fill level of the background reserve, 0 to 1; a full reserve is not being used.
    """
    return limit * used * (1 - background * (1 - min(max(reserve_share, 0.0), 1.0)))


def round_wait(wait: timedelta) -> tuple[int, Unit]:
    """Round a wait up to a figure that reads well: being early is better than being late."""
    seconds = max(wait.total_seconds(), 0.0)
    for step in _SECONDS:
        if seconds <= step:
            return step, Unit.SECONDS
    for step in _MINUTES:
        if seconds <= step * 60:
            return step, Unit.MINUTES
    return -int(-seconds // 3600), Unit.HOURS


def compute_refresh_interval(wait: timedelta | None) -> timedelta:
    """Return the interval at which an open page with an event stream polls: long, as 5,000 may wait."""
    if wait is None:
        return DOWN_REFRESH
    return min(max(wait * REFRESH_SHARE, MIN_REFRESH), MAX_REFRESH)


def compute_waited(requested_at: datetime, now: datetime) -> timedelta:
    """Return the time since start was pressed; never negative, as the clocks of two machines may differ."""
    return max(now - requested_at, timedelta(0))
