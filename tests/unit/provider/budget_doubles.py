"""In-memory stand-ins for what the client depends on: budget, call log, time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from portal.provider import Grant
from portal.provider.responses import Priority


class FakeTime:
    """A clock that moves only when a caller sleeps."""

    def __init__(self, now: datetime = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)) -> None:
        self.now = now
        self.slept: list[float] = []

    def clock(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)


class CountingBudget:
    """A fixed number of calls a minute; records what it received."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._minute: datetime | None = None
        self._used = 0
        self.requests: list[Priority] = []
        self.observed: list[tuple[int | None, int | None, datetime | None]] = []

    def acquire(self, priority: Priority, now: datetime) -> Grant | float:
        self.requests.append(priority)
        minute = now.replace(second=0, microsecond=0)
        if minute != self._minute:
            self._minute, self._used = minute, 0
        if self._used >= self._per_minute:
            return (minute + timedelta(minutes=1) - now).total_seconds()
        self._used += 1
        return Grant(self._per_minute - self._used)

    def observe(self, limit: int | None, remaining: int | None, resets_at: datetime | None) -> None:
        self.observed.append((limit, remaining, resets_at))


class ListRecorder:
    """Stores every recorded call."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, int | None, float, int | None]] = []

    def record(
        self, method: str, path_template: str, status: int | None, duration_ms: float, budget_left: int | None
    ) -> None:
        self.calls.append((method, path_template, status, duration_ms, budget_left))
