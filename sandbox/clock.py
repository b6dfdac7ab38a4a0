"""The sandbox's own time: real time plus an offset that only moves forward; never a sleep."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta


class Clock:
    """Tells virtual time (`now`, what the records say) and real time (`wall`, what protocols need)."""

    def __init__(self, offset: timedelta = timedelta(0)) -> None:
        self._offset = offset
        self._lock = threading.Lock()

    @property
    def offset(self) -> timedelta:
        """How far virtual time is ahead of real time."""
        with self._lock:
            return self._offset

    def now(self) -> datetime:
        """Return virtual time in UTC."""
        return self.wall() + self.offset

    def wall(self) -> datetime:
        """Return real time in UTC: signatures and rate windows meet other machines' clocks."""
        return datetime.now(UTC)

    def advance(self, by: timedelta) -> None:
        """Move virtual time forward.

        Raises:
            ValueError: `by` is negative; records would then come from the future.
        """
        if by < timedelta(0):
            raise ValueError("the clock only moves forward")
        with self._lock:
            self._offset += by


def iso(moment: datetime) -> str:
    """Write a UTC time as the API does: ISO 8601, milliseconds, Z. Such texts sort by time."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_iso(text: str) -> datetime:
    """Read what `iso` wrote."""
    return datetime.fromisoformat(text)
