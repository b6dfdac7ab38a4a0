"""Protocols of the shared request budget and the call log that the client needs; implemented elsewhere."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from portal.provider.responses import Priority


@dataclass(frozen=True, slots=True)
class Grant:
    """Permission for one call. `left`: calls still free in the window, None when unknown."""

    left: int | None = None


class Budget(Protocol):
    """One budget for all processes together; interactive calls come first."""

    def acquire(self, priority: Priority, now: datetime) -> Grant | float:
        """Return a grant to call now, or the seconds to wait before the next attempt. Never blocks."""
        ...

    def observe(self, limit: int | None, remaining: int | None, resets_at: datetime | None) -> None:
        """Record the provider's rate-limit headers after a call; None where one is absent."""
        ...


class CallRecorder(Protocol):
    """Records every call that was sent."""

    def record(
        self, method: str, path_template: str, status: int | None, duration_ms: float, budget_left: int | None
    ) -> None:
        """`status` is None without a response; `path_template` holds placeholders, never ids."""
        ...
