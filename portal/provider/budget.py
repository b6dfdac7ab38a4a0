"""What the client asks of whoever keeps the shared call budget and the call log; no storage lives here."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from portal.provider.responses import Priority


@dataclass(frozen=True, slots=True)
class Grant:
    """Leave to make one call. `left`: calls still free in the window, None when the keeper does not say."""

    left: int | None = None


class Budget(Protocol):
    """One budget for all processes together; interactive calls come first."""

    def acquire(self, priority: Priority, now: datetime) -> Grant | float:
        """Leave to call now, or the seconds to wait before asking again. Never blocks."""
        ...

    def observe(self, limit: int | None, remaining: int | None, resets_at: datetime | None) -> None:
        """What the provider's own headers said after a call; None where it said nothing."""
        ...


class CallRecorder(Protocol):
    """Told about every call that went out."""

    def record(
        self, method: str, path_template: str, status: int | None, duration_ms: float, budget_left: int | None
    ) -> None:
        """`status` is None when no answer came; `path_template` holds placeholders, never ids."""
        ...
