"""The retention periods in force: the defaults of the retention table, and what the operator has set."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from portal.domain.retention import CLOCKS, DELIVERIES, WEBHOOK_BODIES, Clock


@dataclass(frozen=True)
class RetentionPeriods:
    """The periods in force: the defaults of the table, and what the operator has set.

    Attributes:
        changed: the set periods by the key of their clock.
    """

    changed: Mapping[str, timedelta] = field(default_factory=dict)

    def __getitem__(self, clock: Clock) -> timedelta:
        """Return the period of a clock."""
        return self.changed.get(clock.key, clock.default)


def parse_retention(text: str) -> RetentionPeriods:
    """Parse ``unchosen=60, audit=730``: days by the key of a clock.

    Raises:
        ValueError: names every entry that is unknown, no number or outside its limits.
    """
    settable = {clock.key: clock for clock in CLOCKS if clock.limits is not None}
    changed: dict[str, timedelta] = {}
    problems: list[str] = []
    for entry in filter(None, map(str.strip, re.split(r"[,;\n]", text))):
        key, _, value = (part.strip() for part in entry.partition("="))
        clock = settable.get(key)
        if clock is None or clock.limits is None:
            problems.append(f"{key!r} is no period that can be set; these can: {', '.join(settable)}")
        elif not _is_within(value, clock.limits):
            problems.append(f"{key} is {value!r}; it must be {clock.limits[0].days} to {clock.limits[1].days} days")
        else:
            changed[key] = timedelta(days=int(value))
    periods = RetentionPeriods(changed)
    if periods[WEBHOOK_BODIES] > periods[DELIVERIES]:
        problems.append("webhook-bodies must not be longer than webhooks, whose deletion includes the bodies")
    if problems:
        raise ValueError("; ".join(problems))
    return periods


def _is_within(value: str, limits: tuple[timedelta, timedelta]) -> bool:
    minimum, maximum = limits
    return bool(re.fullmatch(r"[0-9]{1,5}", value)) and minimum <= timedelta(days=int(value)) <= maximum
