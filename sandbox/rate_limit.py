"""The API's request budget: fixed windows on the minute; only counting, no HTTP."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Window:
    """What the rate-limit headers say: the limit, what is left and when (UTC) it is whole again."""

    limit: int
    remaining: int
    reset: datetime
    allowed: bool


class RateLimiter:
    """Counts requests of the one organisation per window."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._started = 0
        self._used = 0

    def take(self, now: datetime, limit: int, seconds: int) -> Window:
        """Count one request; `allowed` is False once the window is used up."""
        return self._look(now, limit, seconds, count=True)

    def peek(self, now: datetime, limit: int, seconds: int) -> Window:
        """Say where the window stands without counting."""
        return self._look(now, limit, seconds, count=False)

    def clear(self) -> None:
        """Forget what was used."""
        with self._lock:
            self._started, self._used = 0, 0

    def _look(self, now: datetime, limit: int, seconds: int, *, count: bool) -> Window:
        started = int(now.timestamp()) // seconds * seconds
        with self._lock:
            if started != self._started:
                self._started, self._used = started, 0
            allowed = self._used < limit
            if count and allowed:
                self._used += 1
            remaining = max(0, limit - self._used)
        return Window(limit, remaining, datetime.fromtimestamp(started + seconds, UTC), allowed)
