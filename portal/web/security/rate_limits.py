"""Slows down whoever asks faster than any person does, counted for all processes together.

Each process lets a fifth of a limit through by itself, in memory, so that ordinary traffic costs nothing. What goes
beyond comes out of one bucket in the database, several calls at a time, and an empty bucket is remembered here until
it is worth asking again. With P processes a limit of L calls a minute thus lets no more than (1 + (P - 1) / 5) · L
through at once, the same again evenly over each minute, and of each batch what was taken before and not yet used.
"""

from __future__ import annotations

import logging
import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

from portal.db import FAULTS
from portal.domain.errors import TooMany
from portal.models import rate_limits
from portal.web.context import portal_context

log = logging.getLogger(__name__)

# One part in so many of a limit is each process's own.
OWN_PART = 5
# After the shared count failed, nobody waits for it again so soon.
PAUSE = timedelta(seconds=5)
_MOST_CALLERS = 20_000
_MINUTE = 60


@dataclass(frozen=True)
class Limit:
    """So many calls at once, refilled evenly over a minute; kinds that share a name share their count.

    Attributes:
        batch: calls taken out of the shared bucket at a time; 0 is what it gains in a second.
    """

    name: str
    per_minute: int
    batch: int = 0

    @property
    def own(self) -> int:
        """What each process lets through by itself."""
        return self.per_minute // OWN_PART

    @property
    def shared(self) -> int:
        """What all processes let through together, beyond their own."""
        return self.per_minute - self.own

    @property
    def wanted(self) -> int:
        """How many calls are asked for at a time."""
        return self.batch or max(self.shared // _MINUTE, 1)

    @property
    def closing(self) -> timedelta:
        """How long an empty shared bucket takes to gain a batch."""
        return timedelta(seconds=self.wanted * _MINUTE / self.shared)


Shared = Callable[[Limit, str, datetime], int]


@dataclass
class _Bucket:
    """A bucket in memory that holds a minute's worth."""

    per_minute: int
    filled_at: datetime
    left: float = field(init=False)

    def __post_init__(self) -> None:
        self.left = self.per_minute

    def take(self, now: datetime) -> bool:
        passed = max((now - self.filled_at).total_seconds(), 0)
        self.left = min(self.left + passed * self.per_minute / _MINUTE, self.per_minute)
        self.filled_at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True


@dataclass
class _Meter:
    """What this process knows of one caller.

    Attributes:
        ahead: calls taken out of the shared bucket and not used yet.
        closed_at: when the shared bucket was found empty.
        alone: stands in for the shared bucket while that cannot be asked.
    """

    own: _Bucket
    alone: _Bucket
    ahead: int = 0
    closed_at: datetime | None = None


class Throttle:
    """Counts calls by limit and caller. Safe to share between threads.

    Args:
        shared: takes calls out of the bucket of all processes; it may raise what a database raises.
    """

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._lock = Lock()
        self._meters: OrderedDict[tuple[str, str], _Meter] = OrderedDict()
        self._paused_at: datetime | None = None

    def count(self, limit: Limit, caller: str, now: datetime) -> None:
        """Count one call.

        Raises:
            TooMany: there were too many; it says when the next is worth a try.
        """
        with self._lock:
            meter = self._meter(limit, caller, now)
            if _lets_through(meter, now):
                return
            if _is_within(meter.closed_at, limit.closing, now):
                raise TooMany(_wait(limit, meter, now))
        # Nobody else waits while the database thinks.
        found = self._ask(limit, caller, now)
        with self._lock:
            if found is None:
                if meter.alone.take(now):
                    return
            elif found:
                meter.ahead += found - 1
                return
            meter.closed_at = now
            raise TooMany(_wait(limit, meter, now))

    def _meter(self, limit: Limit, caller: str, now: datetime) -> _Meter:
        key = (limit.name, caller)
        meter = self._meters.get(key)
        if meter is None:
            meter = self._meters[key] = _Meter(_Bucket(limit.own, now), _Bucket(limit.shared, now))
            if len(self._meters) > _MOST_CALLERS:
                # Whoever has been away for longest; what they took is still known to the shared bucket.
                self._meters.popitem(last=False)
        self._meters.move_to_end(key)
        return meter

    def _ask(self, limit: Limit, caller: str, now: datetime) -> int | None:
        if _is_within(self._paused_at, PAUSE, now):
            return None
        try:
            return self._shared(limit, caller, now)
        except FAULTS as error:
            # Better a count that is too kind than people who wait for one.
            self._paused_at = now
            log.warning("rate_limits.database_unavailable", extra={"error": type(error).__name__})
            return None


def shared_count(limit: Limit, caller: str, now: datetime) -> int:
    """Take a batch of calls out of the bucket in the database, which knows callers by a keyed digest."""
    digest = portal_context().secretbox.pseudonym(caller)
    return rate_limits.take(limit.name, digest, per_minute=limit.shared, wanted=limit.wanted, now=now)


def _lets_through(meter: _Meter, now: datetime) -> bool:
    if meter.own.take(now):
        return True
    if meter.ahead:
        meter.ahead -= 1
        return True
    return False


def _is_within(since: datetime | None, span: timedelta, now: datetime) -> bool:
    """Tell whether ``now`` lies in the span; a clock that was set back ends it."""
    return since is not None and since <= now < since + span


def _wait(limit: Limit, meter: _Meter, now: datetime) -> int:
    assert meter.closed_at is not None  # noqa: S101 - both callers have just looked
    return max(math.ceil((meter.closed_at + limit.closing - now).total_seconds()), 1)
