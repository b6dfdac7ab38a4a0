"""What the nightly deletion will delete within a week, what it has deleted, and what is overdue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from portal.db import transaction
from portal.domain.retention import RETENTION_RULES, RetentionRule
from portal.domain.retention_periods import RetentionPeriods
from portal.models import audit, audit_list, expiry
from portal.models.audit import AuditEntry
from portal.models.audit_list import AuditFilter

PREVIEW_PERIOD = timedelta(days=7)
# The job runs every night; a night may be missed.
GRACE = timedelta(days=2)
RUNS_SHOWN = 30


@dataclass(frozen=True)
class PlannedDeletion:
    """How many rows of one rule are deleted on a day, UTC."""

    rule: RetentionRule
    on: date
    count: int


def list_planned(periods: RetentionPeriods, *, now: datetime) -> list[PlannedDeletion]:
    """List what will be deleted within a week by day and rule, the next day first.

    What is overdue is listed for today.
    """
    planned: Counter[tuple[date, str]] = Counter()
    for rule in _list_rules():
        period = _get_period(rule, periods)
        for start, count in expiry.count_by_start(rule, now + PREVIEW_PERIOD - period).items():
            planned[max(start + period, now.date()), rule.key] += count
    by_key = {rule.key: rule for rule in RETENTION_RULES}
    return [PlannedDeletion(by_key[key], on, count) for (on, key), count in sorted(planned.items())]


def record_plan(periods: RetentionPeriods, *, now: datetime) -> None:
    """Add an entry to the audit trail with what will be deleted within a week, by rule; none when nothing is due."""
    with transaction():
        counts: dict[str, Any] = {}
        for planned in list_planned(periods, now=now):
            counts[planned.rule.key] = counts.get(planned.rule.key, 0) + planned.count
        if counts:
            audit.create_entry(
                audit.RETENTION_PLANNED, at=now, until=(now + PREVIEW_PERIOD).date().isoformat(), **counts
            )


def list_runs() -> list[AuditEntry]:
    """List the entries of the last nightly deletions, each with what it deleted by rule, the newest first."""
    found = audit_list.list_newest(AuditFilter(action=audit.RETENTION_COMPLETED), RUNS_SHOWN)
    return [item.entry for item in found]


def iterate_overdue(periods: RetentionPeriods, *, now: datetime) -> Iterator[str]:
    """Yield each rule by which something should have been deleted for two days, with the number."""
    for rule in _list_rules():
        count = expiry.count_due(rule, now - _get_period(rule, periods) - GRACE)
        if count:
            yield f"{rule.key} ({count})"


def _list_rules() -> list[RetentionRule]:
    return [rule for rule in RETENTION_RULES if rule.key in expiry.EXPIRY_QUERIES]


def _get_period(rule: RetentionRule, periods: RetentionPeriods) -> timedelta:
    return timedelta(0) if expiry.EXPIRY_QUERIES[rule.key].is_end else periods[rule]
