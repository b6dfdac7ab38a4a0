"""Which requests came in, counted for assertions; no addresses, tokens or bodies are kept."""

from __future__ import annotations

import threading
from collections import Counter, deque
from dataclasses import dataclass
from typing import Any

KEPT = 200_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One request: when (Unix seconds), method, path template, status (0: connection dropped)."""

    at: float
    method: str
    template: str
    status: int


class Journal:
    """The last 200,000 requests."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[Entry] = deque(maxlen=KEPT)

    def add(self, entry: Entry) -> None:
        """Remember one request."""
        with self._lock:
            self._entries.append(entry)

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._entries.clear()

    def summary(self, since: float = 0) -> dict[str, Any]:
        """Return API calls since a Unix time: by template, status and minute, and the most in any 60 seconds."""
        with self._lock:
            entries = [e for e in self._entries if e.at >= since and e.template.startswith("/api/")]
        by_minute = Counter(int(entry.at) // 60 * 60 for entry in entries)
        return {
            "total": len(entries),
            "by_template": dict(Counter(f"{entry.method} {entry.template}" for entry in entries)),
            "by_status": {str(code): n for code, n in Counter(entry.status for entry in entries).items()},
            "by_minute": {str(minute): n for minute, n in sorted(by_minute.items())},
            "most_in_any_minute": _most_within([entry.at for entry in entries], 60),
            "most_answered_in_any_minute": _most_within(
                [entry.at for entry in entries if entry.status not in (401, 429)], 60
            ),
        }


def _most_within(times: list[float], seconds: float) -> int:
    window: deque[float] = deque()
    most = 0
    for at in sorted(times):
        window.append(at)
        while window[0] <= at - seconds:
            window.popleft()
        most = max(most, len(window))
    return most
