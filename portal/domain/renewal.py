"""When a person may have a new photo session without a request."""

from __future__ import annotations

import calendar
from datetime import datetime

_MONTHS_A_YEAR = 12


def compute_renewal(finished_at: datetime, months: int) -> datetime:
    """Return the moment this many calendar months later; a day the month does not have becomes its last day."""
    index = finished_at.month - 1 + months
    year, month = finished_at.year + index // _MONTHS_A_YEAR, index % _MONTHS_A_YEAR + 1
    day = min(finished_at.day, calendar.monthrange(year, month)[1])
    return finished_at.replace(year=year, month=month, day=day)


def is_renewal_due(finished_at: datetime | None, months: int | None, now: datetime) -> bool:
    """Return whether a session that finished then may be followed by another; never without a number of months."""
    return finished_at is not None and months is not None and compute_renewal(finished_at, months) <= now
