"""How long the credits last: the rate at which they are used, from the balances read in the past."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

RATE_PERIOD = timedelta(days=14)
"""How far back the rate is measured."""
MIN_OBSERVED = timedelta(days=1)
"""A shorter record says nothing about a day."""
MAX_DAYS_LEFT = 3650
"""A forecast beyond ten years is none."""

Reading = tuple[datetime, Decimal]


@dataclass(frozen=True)
class CreditUse:
    """The use of credits.

    Attributes:
        per_day: credits used on a day, the mean of the last 14 days; None while the record is too short.
        used_in_week: credits used in the last seven days.
        days_left: days until the balance is used up at this rate; None if nothing is used.
    """

    per_day: Decimal | None
    used_in_week: Decimal
    days_left: int | None

    def find_last_day(self, today: date) -> date | None:
        """Return the day on which the credits are used up, None if unknown."""
        return None if self.days_left is None else today + timedelta(days=self.days_left)


def measure_use(readings: Sequence[Reading], balance: Decimal | None, now: datetime) -> CreditUse:
    """Measure the use of credits; a rise of the balance is a purchase and counts as none.

    Args:
        readings: time and balance, the oldest first.
        balance: what is left; None if unknown.
        now: the present, UTC.
    """
    recent = [reading for reading in readings if reading[0] >= now - RATE_PERIOD]
    # The balance at the beginning of the period is that of the last reading before it.
    before = [reading for reading in readings if reading[0] < now - RATE_PERIOD][-1:]
    began = now - RATE_PERIOD if before else min((at for at, _ in recent), default=now)
    observed = now - began
    used = _sum_decreases([*before, *recent])
    per_day = used / Decimal(observed / timedelta(days=1)) if observed >= MIN_OBSERVED else None
    week = [reading for reading in readings if reading[0] >= now - timedelta(days=7)]
    before_week = [reading for reading in readings if reading[0] < now - timedelta(days=7)][-1:]
    days_left = None
    if per_day and balance is not None and balance > 0:
        days = int(balance / per_day)
        days_left = days if days <= MAX_DAYS_LEFT else None
    return CreditUse(per_day, _sum_decreases([*before_week, *week]), days_left)


def list_daily(readings: Sequence[Reading], *, first: date, last: date) -> list[tuple[date, Decimal]]:
    """Return the balance at the end of each day (UTC) from the first reading on; days without one keep the last."""
    by_day = {at.date(): balance for at, balance in readings}
    known = [balance for at, balance in readings if at.date() < first]
    current = known[-1] if known else None
    days = []
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        current = by_day.get(day, current)
        if current is not None:
            days.append((day, current))
    return days


def _sum_decreases(readings: Sequence[Reading]) -> Decimal:
    pairs = pairwise(readings)
    return sum((max(earlier[1] - later[1], Decimal(0)) for earlier, later in pairs), Decimal(0))
