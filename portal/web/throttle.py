"""Slows down whoever asks faster than any person does; each process counts for itself, in memory."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from portal.domain.errors import TooMany

# Buckets nobody has used for a while are full again and can be forgotten.
_MOST_BUCKETS = 20_000


@dataclass(frozen=True)
class Limit:
    """So many calls at once, refilled evenly over a minute; kinds that share a name share their bucket."""

    name: str
    per_minute: int


@dataclass
class _Bucket:
    left: float
    filled_at: datetime


class Throttle:
    """Counts calls by limit and caller. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._buckets: dict[tuple[str, str], _Bucket] = {}

    def count(self, limit: Limit, caller: str, now: datetime) -> None:
        """Count one call.

        Raises:
            TooMany: there were too many; it says when the next is worth a try.
        """
        with self._lock:
            bucket = self._refilled(limit, caller, now)
            if bucket.left < 1:
                raise TooMany(math.ceil((1 - bucket.left) * 60 / limit.per_minute))
            bucket.left -= 1

    def _refilled(self, limit: Limit, caller: str, now: datetime) -> _Bucket:
        key = (limit.name, caller)
        bucket = self._buckets.get(key)
        if bucket is None:
            self._forget(now)
            bucket = self._buckets[key] = _Bucket(limit.per_minute, now)
        passed = max((now - bucket.filled_at).total_seconds(), 0)
        bucket.left = min(bucket.left + passed * limit.per_minute / 60, limit.per_minute)
        bucket.filled_at = now
        return bucket

    def _forget(self, now: datetime) -> None:
        if len(self._buckets) < _MOST_BUCKETS:
            return
        minute = 60
        self._buckets = {
            key: bucket for key, bucket in self._buckets.items() if (now - bucket.filled_at).total_seconds() < minute
        }
