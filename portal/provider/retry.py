"""Retry policy: backoff, retry budget and circuit breaker; never sleeps and never sends."""

import random
import threading
from datetime import datetime, timedelta
from typing import Any

from urllib3.exceptions import MaxRetryError
from urllib3.util.retry import Retry

RETRIES = 3
BACKOFF_FIRST_S = 0.5
BACKOFF_MAX_S = 8.0


class ProviderRetry(Retry):
    """urllib3's retry counter with full jitter: between nothing and the capped exponential step."""

    def __init__(self, total: int | None = RETRIES, **options: Any) -> None:
        options.setdefault("backoff_factor", BACKOFF_FIRST_S)
        options.setdefault("backoff_max", BACKOFF_MAX_S)
        super().__init__(total, **options)

    def get_backoff_time(self) -> float:
        """Seconds before the next attempt, drawn anew at each call."""
        step = self.backoff_factor * 2.0 ** max(len(self.history) - 1, 0)
        return random.uniform(0.0, min(self.backoff_max, step))  # noqa: S311 - jitter, not a secret

    def increment_or_none(self, method: str, path_template: str) -> "ProviderRetry | None":
        """The counter after one more failure, or None when there are no attempts left."""
        try:
            return self.increment(method, path_template)
        except MaxRetryError:
            return None


class RetryBudget:
    """Limits retries to about a tenth of the load: each call adds a share, each retry costs one."""

    def __init__(self, share: float = 0.1, maximum: float = 10.0) -> None:
        self._share = share
        self._maximum = maximum
        self._saved = maximum
        self._lock = threading.Lock()

    def add_share(self) -> None:
        """Count one first attempt."""
        with self._lock:
            self._saved = min(self._maximum, self._saved + self._share)

    def spend(self) -> bool:
        """Take one retry if there is one."""
        with self._lock:
            if self._saved < 1.0:
                return False
            self._saved -= 1.0
            return True


class CircuitBreaker:
    """Stops calling a provider that is down: five failures in a row in 30 s, then one probe every 30 s."""

    def __init__(self, failures: int = 5, window: timedelta = timedelta(seconds=30)) -> None:
        self._failures = failures
        self._window = window
        self._seen: list[datetime] = []
        self._next_probe: datetime | None = None
        self._lock = threading.Lock()

    def allows(self, now: datetime) -> bool:
        """Whether a call may go out now; while open, one caller per window is let through as the probe."""
        with self._lock:
            if self._next_probe is None:
                return True
            if now < self._next_probe:
                return False
            self._next_probe = now + self._window
            return True

    def record_success(self) -> None:
        """Close the circuit: the provider responded, with success or an error."""
        with self._lock:
            self._seen.clear()
            self._next_probe = None

    def record_failure(self, now: datetime) -> None:
        """Count a call without a response or with a 5xx."""
        with self._lock:
            self._seen = [seen for seen in self._seen if now - seen < self._window] + [now]
            if len(self._seen) >= self._failures:
                self._next_probe = now + self._window
