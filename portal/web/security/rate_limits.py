"""Rate limits shared by all processes: token buckets in memory, backed by one bucket in the database.

Each process grants a fifth of a limit from memory, so ordinary traffic costs no query. Requests beyond that take
tokens from the shared bucket in batches, and an empty shared bucket is not queried again until it has refilled by a
batch. With P processes a limit of L requests a minute admits at most (1 + (P - 1) / 5) · L at once, the same again
evenly over each minute, plus unused tokens of earlier batches.
"""

from __future__ import annotations

import logging
import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

from portal.db import DATABASE_ERRORS
from portal.domain.errors import TooMany
from portal.models import rate_limits
from portal.web.context import get_context

log = logging.getLogger(__name__)

# Each process grants 1/LOCAL_FRACTION of a limit from memory.
LOCAL_FRACTION = 5
# After a failure of the database the shared bucket is not queried for this time.
PAUSE = timedelta(seconds=5)
_MAX_CLIENTS = 20_000
_MINUTE = 60


@dataclass(frozen=True)
class RateLimit:
    """A token bucket: ``per_minute`` requests at once, refilled evenly over a minute. Equal names share a bucket.

    Attributes:
        batch: tokens taken from the shared bucket at a time; 0 means its refill of one second.
    """

    name: str
    per_minute: int
    batch: int = 0

    @property
    def local(self) -> int:
        """Requests a minute that each process grants from memory."""
        return self.per_minute // LOCAL_FRACTION

    @property
    def shared(self) -> int:
        """Requests a minute in the bucket that all processes share."""
        return self.per_minute - self.local

    @property
    def batch_size(self) -> int:
        """Tokens taken from the shared bucket at a time."""
        return self.batch or max(self.shared // _MINUTE, 1)

    @property
    def closed_for(self) -> timedelta:
        """Time in which an empty shared bucket refills by one batch."""
        return timedelta(seconds=self.batch_size * _MINUTE / self.shared)


SharedBucket = Callable[[RateLimit, str, datetime], int]


@dataclass
class _TokenBucket:
    """A token bucket in memory that holds one minute's tokens."""

    per_minute: int
    filled_at: datetime
    left: float = field(init=False)

    def __post_init__(self) -> None:
        self.left = self.per_minute

    def try_acquire(self, now: datetime) -> bool:
        passed = max((now - self.filled_at).total_seconds(), 0)
        self.left = min(self.left + passed * self.per_minute / _MINUTE, self.per_minute)
        self.filled_at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True


@dataclass
class _ClientState:
    """This process's state for one client and limit.

    Attributes:
        prefetched: tokens taken from the shared bucket and not used yet.
        closed_at: when the shared bucket was found empty.
        fallback: replaces the shared bucket while the database is unavailable.
    """

    local: _TokenBucket
    fallback: _TokenBucket
    prefetched: int = 0
    closed_at: datetime | None = None


class RateLimiter:
    """Counts requests by limit and client. Thread-safe.

    Args:
        shared: takes tokens out of the bucket of all processes; may raise DATABASE_ERRORS.
    """

    def __init__(self, shared: SharedBucket) -> None:
        self._shared = shared
        self._lock = Lock()
        self._states: OrderedDict[tuple[str, str], _ClientState] = OrderedDict()
        self._paused_at: datetime | None = None

    def check(self, limit: RateLimit, client: str, now: datetime) -> None:
        """Count one request.

        Raises:
            TooMany: the limit is exceeded; ``retry_after`` is the time until the next request is accepted.
        """
        with self._lock:
            state = self._get_state(limit, client, now)
            if _acquire_local(state, now):
                return
            if _is_within(state.closed_at, limit.closed_for, now):
                raise TooMany(_get_retry_after(limit, state, now))
        # Without the lock, so that other requests do not wait for the database.
        found = self._acquire_shared(limit, client, now)
        with self._lock:
            if found is None:
                if state.fallback.try_acquire(now):
                    return
            elif found:
                state.prefetched += found - 1
                return
            state.closed_at = now
            raise TooMany(_get_retry_after(limit, state, now))

    def _get_state(self, limit: RateLimit, client: str, now: datetime) -> _ClientState:
        key = (limit.name, client)
        state = self._states.get(key)
        if state is None:
            state = self._states[key] = _ClientState(_TokenBucket(limit.local, now), _TokenBucket(limit.shared, now))
            if len(self._states) > _MAX_CLIENTS:
                # Drop the least recently used; the shared bucket still holds its count.
                self._states.popitem(last=False)
        self._states.move_to_end(key)
        return state

    def _acquire_shared(self, limit: RateLimit, client: str, now: datetime) -> int | None:
        if _is_within(self._paused_at, PAUSE, now):
            return None
        try:
            return self._shared(limit, client, now)
        except DATABASE_ERRORS as error:
            # Fail open: each process counts on its own for a while.
            self._paused_at = now
            log.warning("rate_limits.database_unavailable", extra={"error": type(error).__name__})
            return None


def acquire_shared(limit: RateLimit, client: str, now: datetime) -> int:
    """Take a batch of tokens from the database, which stores clients as keyed digests."""
    digest = get_context().secretbox.pseudonym(client)
    return rate_limits.acquire_calls(limit.name, digest, per_minute=limit.shared, requested=limit.batch_size, now=now)


def _acquire_local(state: _ClientState, now: datetime) -> bool:
    if state.local.try_acquire(now):
        return True
    if state.prefetched:
        state.prefetched -= 1
        return True
    return False


def _is_within(since: datetime | None, span: timedelta, now: datetime) -> bool:
    """Return whether ``now`` is in the span; False if the clock was set back."""
    return since is not None and since <= now < since + span


def _get_retry_after(limit: RateLimit, state: _ClientState, now: datetime) -> int:
    assert state.closed_at is not None  # noqa: S101 - both call sites set it
    return max(math.ceil((state.closed_at + limit.closed_for - now).total_seconds()), 1)
