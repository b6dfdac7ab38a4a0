"""The sandbox's virtual clock: real time plus an offset that only grows."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta


class Clock:
    """Virtual time (`now`), used in records, and real time (`real_now`), used in signatures and rate windows."""

    def __init__(self, offset: timedelta = timedelta(0)) -> None:
        self._offset = offset
        self._lock = threading.Lock()

    @property
    def offset(self) -> timedelta:
        """Difference between virtual and real time."""
        with self._lock:
            return self._offset

    def now(self) -> datetime:
        """Return virtual time in UTC."""
        return self.real_now() + self.offset

    def real_now(self) -> datetime:
        """Return real time in UTC, for values that other machines compare with their clocks."""
        return datetime.now(UTC)

    def advance(self, by: timedelta) -> None:
        """Move virtual time forward.

        Raises:
            ValueError: `by` is negative; existing records would then lie in the future.
        """
        if by < timedelta(0):
            raise ValueError("the clock only moves forward")
        with self._lock:
            self._offset += by


def format_iso(moment: datetime) -> str:
    """Format a UTC time as the API does: ISO 8601 with milliseconds and Z. The strings sort by time."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_iso(text: str) -> datetime:
    """Parse a time formatted by `format_iso`."""
    return datetime.fromisoformat(text)
