"""Limits how many pixels one process holds decoded at a time, whichever threads decode them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from portal.images.formats import MAX_PIXELS


class PixelBudget:
    """A semaphore counted in pixels. Safe to share between threads.

    A photo of the largest size waits until no other is decoded; small ones run side by side.
    """

    def __init__(self, limit: int = MAX_PIXELS) -> None:
        self._limit = limit
        self._in_use = 0
        self._queue: list[object] = []
        self._changed = threading.Condition()

    @contextmanager
    def reserve(self, pixels: int) -> Iterator[None]:
        """Hold ``pixels`` of the budget, first come, first served; more than the limit counts as the limit."""
        pixels = min(pixels, self._limit)
        ticket = object()
        with self._changed:
            self._queue.append(ticket)
            try:
                # In order of arrival, so that small photos cannot keep a large one waiting forever.
                self._changed.wait_for(lambda: self._queue[0] is ticket and self._in_use + pixels <= self._limit)
                self._in_use += pixels
            finally:
                self._queue.remove(ticket)
                self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._in_use -= pixels
                self._changed.notify_all()


DECODED = PixelBudget()
"""The budget of this process."""
