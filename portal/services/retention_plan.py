"""What the nightly deletion will delete within a week, what it has deleted, and what is overdue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from portal.db import transaction
from portal.domain.retention import CLOCKS, Clock
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
    """How many rows of one clock are deleted on a day, UTC."""

    clock: Clock
    on: date
    count: int


def list_planned(periods: RetentionPeriods, *, now: datetime) -> list[PlannedDeletion]:
    """List what will be deleted within a week by day and clock, the next day first.

    What is overdue is listed for today.
    """
    planned: Counter[tuple[date, str]] = Counter()
    for clock in _list_clocks():
        period = _get_period(clock, periods)
        for start, count in expiry.count_by_start(clock, now + PREVIEW_PERIOD - period).items():
            planned[max(start + period, now.date()), clock.key] += count
    by_key = {clock.key: clock for clock in CLOCKS}
    return [PlannedDeletion(by_key[key], on, count) for (on, key), count in sorted(planned.items())]


def record_plan(periods: RetentionPeriods, *, now: datetime) -> None:
    """Add an entry to the audit trail with what will be deleted within a week, by clock; none when nothing is due."""
    with transaction():
        counts: dict[str, Any] = {}
        for planned in list_planned(periods, now=now):
            counts[planned.clock.key] = counts.get(planned.clock.key, 0) + planned.count
        if counts:
            audit.create_entry(
                audit.RETENTION_PLANNED, at=now, until=(now + PREVIEW_PERIOD).date().isoformat(), **counts
            )


def list_runs() -> list[AuditEntry]:
    """List the entries of the last nightly deletions, each with what it deleted by clock, the newest first."""
    found = audit_list.list_newest(AuditFilter(action=audit.RETENTION_COMPLETED), RUNS_SHOWN)
    return [item.entry for item in found]


def iterate_overdue(periods: RetentionPeriods, *, now: datetime) -> Iterator[str]:
    """Yield each clock of which something should have been deleted for two days, with the number."""
    for clock in _list_clocks():
        count = expiry.count_due(clock, now - _get_period(clock, periods) - GRACE)
        if count:
            yield f"{clock.key} ({count})"


def _list_clocks() -> list[Clock]:
    return [clock for clock in CLOCKS if clock.key in expiry.RULES]


def _get_period(clock: Clock, periods: RetentionPeriods) -> timedelta:
    return timedelta(0) if expiry.RULES[clock.key].is_end else periods[clock]
