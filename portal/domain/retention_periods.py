"""The retention periods in force: the defaults of the retention table, and what the operator has set."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from portal.domain.retention import DELIVERIES, RETENTION_RULES, WEBHOOK_BODIES, RetentionRule


@dataclass(frozen=True)
class RetentionPeriods:
    """The periods in force: the defaults of the table, and what the operator has set.

    Attributes:
        changed: the set periods by the key of their rule.
    """

    changed: Mapping[str, timedelta] = field(default_factory=dict)

    def __getitem__(self, rule: RetentionRule) -> timedelta:
        """Return the period of a rule."""
        return self.changed.get(rule.key, rule.default)


def parse_retention(text: str) -> RetentionPeriods:
    """Parse ``unchosen=60, audit=730``: days by the key of a rule.

    Raises:
        ValueError: names every entry that is unknown, no number or outside its limits.
    """
    settable = {rule.key: rule for rule in RETENTION_RULES if rule.limits is not None}
    changed: dict[str, timedelta] = {}
    problems: list[str] = []
    for entry in filter(None, map(str.strip, re.split(r"[,;\n]", text))):
        key, _, value = (part.strip() for part in entry.partition("="))
        rule = settable.get(key)
        if rule is None or rule.limits is None:
            problems.append(f"{key!r} is no period that can be set; these can: {', '.join(settable)}")
        elif not _is_within(value, rule.limits):
            problems.append(f"{key} is {value!r}; it must be {rule.limits[0].days} to {rule.limits[1].days} days")
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
