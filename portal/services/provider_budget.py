"""The provider client's budget and call log, kept in the database so that all processes share them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal

from portal.models import budget, provider_calls
from portal.provider import Grant

# With this part of the provider's own count left, we stop until its window starts anew.
NEARLY_EMPTY = 0.03
MAX_CLOSURE = timedelta(seconds=90)


class SharedBudget:
    """One bucket for every web process and worker; implements the client's interface of a budget."""

    def __init__(self, limit_per_minute: int, clock: Callable[[], datetime]) -> None:
        self._limit = limit_per_minute
        self._clock = clock
        self._followed = limit_per_minute

    def acquire(self, priority: Literal["interactive", "background"], now: datetime) -> Grant | float:
        """Return leave to call now, or the seconds to wait before the next attempt."""
        granted, value = budget.acquire_call(priority, now, self._limit)
        return Grant(left=int(value)) if granted else value

    def observe(self, limit: int | None, remaining: int | None, resets_at: datetime | None) -> None:
        """Follow a lower limit than the configured one, and stop early when others use the same key.

        The provider's count decides, not the portal's.
        """
        if limit is not None and limit > 0 and (lowest := min(limit, self._limit)) != self._followed:
            budget.update_limit(lowest)
            self._followed = lowest
        if remaining is None or resets_at is None or remaining > (limit or self._limit) * NEARLY_EMPTY:
            return
        now = self._clock()
        if resets_at > now:
            budget.close_bucket_until(min(resets_at, now + MAX_CLOSURE))


class CallLog:
    """Keeps one row for each call; implements the client's interface of a recorder."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock

    def record(
        self, method: str, path_template: str, status: int | None, duration_ms: float, budget_left: int | None
    ) -> None:
        """Write down one call."""
        provider_calls.create_call_record(
            at=self._clock(),
            method=method,
            path_template=path_template,
            status=status,
            duration_ms=duration_ms,
            budget_left=budget_left,
        )
