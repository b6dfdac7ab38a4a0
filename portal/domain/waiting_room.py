"""How long somebody in the line still has to wait, said so that it is not wrong: plain arithmetic and rounding."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

# Up to here the wait is a moment, and a place and a number would only be noise.
SHORT_WAIT_PLACES = 3
SHORT_WAIT = timedelta(seconds=5)
# After so many outages in a row a number would be a guess.
DOWN_AFTER = 2
# Whoever has waited this long knows better from what was really served than from what may be.
MEASURE_AFTER = timedelta(seconds=60)

_SECONDS = (10, 20, 30, 45)
_MINUTES = (*range(1, 11), 15, 20, 25, 30, 40, 50)


class Unit(StrEnum):
    """What a rounded wait is counted in."""

    SECONDS = "seconds"
    MINUTES = "minutes"
    HOURS = "hours"


@dataclass(frozen=True)
class QueuePosition:
    """The line as one person in it finds it.

    Attributes:
        ahead: how many asked before and have no session yet.
        waited: since the person pressed start.
        per_minute: sessions the budget allows, background work taken off.
        served: sessions made in the last minute.
        opens_in: until anybody is served at all, by the provider's own count.
        outages: turns in a row that the provider did not answer.
    """

    ahead: int
    waited: timedelta
    per_minute: float
    served: int
    opens_in: timedelta
    outages: int

    @property
    def place(self) -> int:
        """The person's own number; the first is 1."""
        return self.ahead + 1

    @property
    def is_down(self) -> bool:
        """Whether the provider does not answer, so that nobody can say how long it takes."""
        return self.outages >= DOWN_AFTER

    @property
    def wait(self) -> timedelta | None:
        """How long it still takes; None when nothing supports a number."""
        if self.is_down:
            return None
        rate = self.per_minute
        if self.waited >= MEASURE_AFTER:
            # Somebody waited all that time, so whatever held the line up is in this figure.
            rate = min(rate, float(self.served))
        if rate <= 0:
            return None
        return self.opens_in + timedelta(minutes=self.place / rate)

    @property
    def is_a_moment(self) -> bool:
        """Whether it is not worth a number."""
        return self.wait is not None and self.wait <= SHORT_WAIT and self.place <= SHORT_WAIT_PLACES


def compute_free_per_minute(limit: int, used: float, background: float, reserve_share: float) -> float:
    """Return the sessions a minute the budget has room for.

    Args:
        limit: the provider's, calls a minute.
        used: the part of it that is used at all.
        background: the part of that which background work may claim while people wait.
        reserve_share: how full its reserve is, 0 to 1; what lies there unused is not claimed at the moment.
    """
    return limit * used * (1 - background * (1 - min(max(reserve_share, 0.0), 1.0)))


def round_wait(wait: timedelta) -> tuple[int, Unit]:
    """Return a wait as people say it, rounded up: rather done earlier than promised."""
    seconds = max(wait.total_seconds(), 0.0)
    for step in _SECONDS:
        if seconds <= step:
            return step, Unit.SECONDS
    for step in _MINUTES:
        if seconds <= step * 60:
            return step, Unit.MINUTES
    return -int(-seconds // 3600), Unit.HOURS


def compute_refresh_interval(wait: timedelta | None) -> timedelta:
    """Return how soon an open page should look again: often near the front, seldom at the end of a long line."""
    if wait is None:
        return timedelta(seconds=15)
    return min(max(wait / 10, timedelta(seconds=2)), timedelta(seconds=30))


def compute_waited(requested_at: datetime, now: datetime) -> timedelta:
    """Return how long ago start was pressed; never negative, clocks of two machines may differ."""
    return max(now - requested_at, timedelta(0))
