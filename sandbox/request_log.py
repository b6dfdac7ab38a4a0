"""A log of received requests, summarized for assertions. It holds no URLs, tokens or bodies."""

from __future__ import annotations

import threading
from collections import Counter, deque
from dataclasses import dataclass
from typing import Any

MAX_ENTRIES = 200_000


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One request: Unix time, method, route template and status (0 if the connection was dropped)."""

    at: float
    method: str
    template: str
    status: int


class RequestLog:
    """The last 200,000 requests."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[LoggedRequest] = deque(maxlen=MAX_ENTRIES)

    def add(self, entry: LoggedRequest) -> None:
        """Add one request."""
        with self._lock:
            self._entries.append(entry)

    def clear(self) -> None:
        """Delete all entries."""
        with self._lock:
            self._entries.clear()

    def summarize(self, since: float = 0) -> dict[str, Any]:
        """Count API calls since a Unix time by template, status and minute, with the peak in any 60 seconds."""
        with self._lock:
            entries = [e for e in self._entries if e.at >= since and e.template.startswith("/api/")]
        by_minute = Counter(int(entry.at) // 60 * 60 for entry in entries)
        return {
            "total": len(entries),
            "by_template": dict(Counter(f"{entry.method} {entry.template}" for entry in entries)),
            "by_status": {str(code): n for code, n in Counter(entry.status for entry in entries).items()},
            "by_minute": {str(minute): n for minute, n in sorted(by_minute.items())},
            "most_in_any_minute": _count_peak([entry.at for entry in entries], 60),
            "most_answered_in_any_minute": _count_peak(
                [entry.at for entry in entries if entry.status not in (401, 429)], 60
            ),
        }


def _count_peak(times: list[float], seconds: float) -> int:
    window: deque[float] = deque()
    peak = 0
    for at in sorted(times):
        window.append(at)
        while window[0] <= at - seconds:
            window.popleft()
        peak = max(peak, len(window))
    return peak
