"""The API's rate limit: a counter per fixed window."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Window:
    """The values of the rate-limit headers: limit, remaining requests and the reset time in UTC."""

    limit: int
    remaining: int
    reset: datetime
    is_allowed: bool


class RateLimiter:
    """Counts requests of the organization per window."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._started = 0
        self._used = 0

    def count_request(self, now: datetime, limit: int, seconds: int) -> Window:
        """Count one request. `is_allowed` is False if the limit is reached."""
        return self._compute_window(now, limit, seconds, count=True)

    def get_window(self, now: datetime, limit: int, seconds: int) -> Window:
        """Return the current window without counting a request."""
        return self._compute_window(now, limit, seconds, count=False)

    def clear(self) -> None:
        """Reset the counter."""
        with self._lock:
            self._started, self._used = 0, 0

    def _compute_window(self, now: datetime, limit: int, seconds: int, *, count: bool) -> Window:
        started = int(now.timestamp()) // seconds * seconds
        with self._lock:
            if started != self._started:
                self._started, self._used = started, 0
            allowed = self._used < limit
            if count and allowed:
                self._used += 1
            remaining = max(0, limit - self._used)
        return Window(limit, remaining, datetime.fromtimestamp(started + seconds, UTC), allowed)
