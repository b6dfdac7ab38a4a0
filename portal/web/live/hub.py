"""One listener for each web process: hears which people changed and tells their open pages."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Protocol
from uuid import UUID

import psycopg

from portal.models.people import CHANNEL, CLOSE_STREAMS

log = logging.getLogger(__name__)

# How soon a process that was told to stop lets its open pages go, and how long a broken listener waits.
CHECK_SECONDS = 0.5
RECONNECT_SECONDS = 1.0

STREAM_END = CLOSE_STREAMS


class Subscriber(Protocol):
    """One open page, however it is reached. None of this may wait for it."""

    def send(self, version: int) -> bool:
        """Pass a version on, ``CLOSED`` for the end; False when the page is gone."""

    def send_heartbeat(self) -> bool:
        """Show a page that hears nothing that it is not forgotten; False when it is gone or has to come anew."""


class VersionQueue(queue.Queue[int]):
    """A page whose stream waits in a thread or greenlet of its own; only the newest unread version is kept."""

    def __init__(self) -> None:
        super().__init__(maxsize=1)

    def send(self, version: int) -> bool:
        """Replace what was not read yet."""
        with contextlib.suppress(queue.Empty):
            if self.get_nowait() == STREAM_END:
                # A stream that has to end does so, whatever else happens before it wakes.
                version = STREAM_END
        with contextlib.suppress(queue.Full):
            self.put_nowait(version)
        return True

    def send_heartbeat(self) -> bool:
        """Leave it to the stream, which wakes up by itself."""
        return True


class Hub:
    """Hands each change to the open pages of the person it concerns.

    Under gevent the thread and the queues are green; the same code runs on real threads.
    """

    def __init__(self, database_url: str) -> None:
        self._conninfo = database_url.replace("postgresql+psycopg://", "postgresql://")
        # By the id as notices spell it: reading each as a UUID would cost more than looking it up.
        self._subscribers: dict[str, set[Subscriber]] = defaultdict(set)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False
        self.is_stopping: Callable[[], bool] = lambda: False

    @contextlib.contextmanager
    def subscribe(self, person_id: UUID) -> Iterator[VersionQueue]:
        """Receive the versions of one person; only the newest unread one is kept."""
        inbox = VersionQueue()
        self.add(person_id, inbox)
        try:
            yield inbox
        finally:
            self._remove(str(person_id), inbox)

    def add(self, person_id: UUID, page: Subscriber) -> None:
        """Tell a page about this person until it is gone."""
        with self._lock:
            self._subscribers[str(person_id)].add(page)
            self._start_listener()

    def close_streams(self) -> None:
        """End every open page's stream; their browsers come back to the next process."""
        self._closed = True
        self._send_to_all(STREAM_END)

    @property
    def is_closed(self) -> bool:
        """Whether this process takes no more streams."""
        return self._closed or self.is_stopping()

    def _start_listener(self) -> None:
        # Not before the first page, so never in the process that forks the others.
        if self._thread is None:
            self._thread = threading.Thread(target=self._listen, name="hub", daemon=True)
            self._thread.start()

    def _listen(self) -> None:
        while not self._closed:
            try:
                with psycopg.connect(self._conninfo, autocommit=True, connect_timeout=3) as connection:
                    connection.execute(f"LISTEN {CHANNEL}")
                    # Changes may have been missed, so every page looks for itself.
                    self._send_to_all(0)
                    self._receive(connection)
            except psycopg.Error as error:
                log.warning("live.listener_disconnected", extra={"error": type(error).__name__})
                time.sleep(RECONNECT_SECONDS)
            self._send_heartbeats()

    def _receive(self, connection: psycopg.Connection[object]) -> None:
        while not self._closed:
            for notice in connection.notifies(timeout=CHECK_SECONDS):
                self._dispatch(notice.payload)
            self._send_heartbeats()

    def _send_heartbeats(self) -> None:
        if self.is_stopping():
            self.close_streams()
            return
        for person, page in self._list_subscribers():
            if not page.send_heartbeat():
                self._remove(person, page)

    def _dispatch(self, payload: str) -> None:
        person, _, version = payload.partition(" ")
        with self._lock:
            # Most people have no page open here, and then the notice is not even read.
            pages = list(self._subscribers.get(person, ()))
        try:
            for page in pages:
                if not page.send(int(version)):
                    self._remove(person, page)
        except ValueError:
            # Not one of ours. The listener must live, or every page would go quiet.
            log.warning("live.notification_invalid")

    def _send_to_all(self, version: int) -> None:
        for person, page in self._list_subscribers():
            if not page.send(version):
                self._remove(person, page)

    def _list_subscribers(self) -> list[tuple[str, Subscriber]]:
        with self._lock:
            return [(person, page) for person, pages in self._subscribers.items() for page in pages]

    def _remove(self, person: str, page: Subscriber) -> None:
        with self._lock:
            self._subscribers[person].discard(page)
            if not self._subscribers[person]:
                del self._subscribers[person]
