"""A cached fetch of the identity provider's documents: time to live, forced refetch with a cooldown, failure cache."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock
from typing import Generic, TypeVar

from portal.domain.errors import PortalError

CACHE_TTL = timedelta(minutes=5)
REFETCH_COOLDOWN = timedelta(seconds=30)
FAILURE_TTL = timedelta(seconds=2)

T = TypeVar("T")


class TtlCache(Generic[T]):
    """One fetched value. Safe to share between threads; one fetch at a time.

    A failure is cached for FAILURE_TTL, so that requests waiting for a fetch that timed out fail at once.
    """

    def __init__(self, fetch: Callable[[], T], clock: Callable[[], datetime]) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = Lock()
        self._cached: tuple[T, datetime] | None = None
        self._refetched_at: datetime | None = None
        self._failure: tuple[PortalError, datetime] | None = None

    def get(self) -> T:
        """Return the cached value, or fetch it.

        Raises:
            PortalError: what the fetch raised.
        """
        with self._lock:
            if self._cached is not None and self._clock() - self._cached[1] < CACHE_TTL:
                return self._cached[0]
            return self._fetch_now()

    def refetch(self) -> T | None:
        """Fetch again and return the value; None if the last forced fetch is less than REFETCH_COOLDOWN ago."""
        with self._lock:
            now = self._clock()
            if self._refetched_at is not None and now - self._refetched_at < REFETCH_COOLDOWN:
                return None
            self._refetched_at = now
            return self._fetch_now()

    def _fetch_now(self) -> T:
        if self._failure is not None and self._clock() - self._failure[1] < FAILURE_TTL:
            raise self._failure[0]
        try:
            value = self._fetch()
        except PortalError as error:
            self._failure = (error, self._clock())
            raise
        self._cached = (value, self._clock())
        self._failure = None
        return value
