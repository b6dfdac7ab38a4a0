"""A connection pool that serves waiting callers in the order of their arrival.

SQLAlchemy's own queue lets later callers overtake. With few connections and many requests some then wait until they
time out while others never wait.
"""

from __future__ import annotations

from collections import deque
from queue import Empty as HandoverTimeout
from queue import SimpleQueue
from threading import Lock
from typing import Any, Generic, TypeVar

from sqlalchemy.pool import QueuePool
from sqlalchemy.util.queue import Empty, Full, QueueCommon

_Item = TypeVar("_Item", bound=Any)


class FairQueue(QueueCommon[_Item], Generic[_Item]):
    """A bounded queue whose items are handed to the longest waiting caller."""

    def __init__(self, maxsize: int = 0, use_lifo: bool = False) -> None:
        self.maxsize = maxsize
        self.use_lifo = use_lifo
        self._items: deque[_Item] = deque()
        self._waiting: deque[SimpleQueue[_Item]] = deque()
        self._lock = Lock()

    def qsize(self) -> int:
        """Return the number of free items."""
        return len(self._items)

    def empty(self) -> bool:
        """Return whether no item is free."""
        return not self._items

    def full(self) -> bool:
        """Return whether no more items fit."""
        return 0 < self.maxsize <= len(self._items)

    def put(self, item: _Item, block: bool = True, timeout: float | None = None) -> None:  # noqa: ARG002
        """Hand an item to the first waiting caller, or store it.

        Raises:
            Full: no caller waits, and no more items fit. It never blocks: the pool does not use that.
        """
        with self._lock:
            if self._waiting:
                self._waiting.popleft().put(item)
            elif self.full():
                raise Full
            else:
                self._items.append(item)

    def put_nowait(self, item: _Item) -> None:
        """Store an item without blocking."""
        self.put(item, False)

    def get(self, block: bool = True, timeout: float | None = None) -> _Item:
        """Return a free item; wait for one in order of arrival.

        Raises:
            Empty: none is free, or none became free in time.
        """
        with self._lock:
            if self._items:
                return self._items.pop() if self.use_lifo else self._items.popleft()
            if not block:
                raise Empty
            handover: SimpleQueue[_Item] = SimpleQueue()
            self._waiting.append(handover)
        try:
            return handover.get(timeout=timeout)
        except BaseException as error:
            self._stop_waiting(handover)
            if not isinstance(error, HandoverTimeout):
                raise
        raise Empty

    def get_nowait(self) -> _Item:
        """Return a free item without blocking."""
        return self.get(False)

    def _stop_waiting(self, handover: SimpleQueue[_Item]) -> None:
        with self._lock:
            if handover in self._waiting:
                self._waiting.remove(handover)
                return
        # An item was handed over in the moment of giving up: the next caller gets it.
        self.put(handover.get_nowait(), False)


class FairPool(QueuePool):
    """SQLAlchemy's pool with a fair queue."""

    _queue_class = FairQueue  # type: ignore[assignment]  # the interface is the same
