"""The hub: one database listener in each web process, which dispatches changes to the open event streams."""

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

# How soon a stopping process ends its streams, and how long to wait before the listener reconnects.
CHECK_SECONDS = 0.5
RECONNECT_SECONDS = 1.0

STREAM_END = CLOSE_STREAMS


class Subscriber(Protocol):
    """One open event stream. Its methods never block: the hub calls them for thousands of streams in turn."""

    def send(self, version: int) -> bool:
        """Send a stage version, or STREAM_END. Return False if the client has disconnected."""

    def send_heartbeat(self) -> bool:
        """Keep an idle stream open. Return False if it has ended."""


class VersionQueue(queue.Queue[int]):
    """A subscriber whose stream waits in a thread or greenlet of its own; it keeps the newest unread version only."""

    def __init__(self) -> None:
        super().__init__(maxsize=1)

    def send(self, version: int) -> bool:
        """Replace the unread version."""
        with contextlib.suppress(queue.Empty):
            if self.get_nowait() == STREAM_END:
                # A pending end is never replaced by a version.
                version = STREAM_END
        with contextlib.suppress(queue.Full):
            self.put_nowait(version)
        return True

    def send_heartbeat(self) -> bool:
        """Do nothing: the stream sends its own heartbeats."""
        return True


class Hub:
    """Dispatches each change to the event streams of the person it concerns.

    Under gevent the thread and the queues are green; the same code runs on real threads.
    """

    def __init__(self, database_url: str) -> None:
        self._conninfo = database_url.replace("postgresql+psycopg://", "postgresql://")
        # Keyed by the id as text, as in the payload: parsing each as a UUID would cost more than the lookup.
        self._subscribers: dict[str, set[Subscriber]] = defaultdict(set)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False
        self.is_stopping: Callable[[], bool] = lambda: False

    @contextlib.contextmanager
    def subscribe(self, person_id: UUID) -> Iterator[VersionQueue]:
        """Receive the versions of one person; only the newest unread one is kept."""
        versions = VersionQueue()
        self.add(person_id, versions)
        try:
            yield versions
        finally:
            self._remove(str(person_id), versions)

    def add(self, person_id: UUID, page: Subscriber) -> None:
        """Subscribe a stream to a person's versions until it disconnects."""
        with self._lock:
            self._subscribers[str(person_id)].add(page)
            self._start_listener()

    def close_streams(self) -> None:
        """End every stream; the browsers reconnect to another process."""
        self._closed = True
        self._send_to_all(STREAM_END)

    @property
    def is_closed(self) -> bool:
        """Whether this process takes no more streams."""
        return self._closed or self.is_stopping()

    def _start_listener(self) -> None:
        # Not before the first stream, so never in the process that forks the workers.
        if self._thread is None:
            self._thread = threading.Thread(target=self._listen, name="hub", daemon=True)
            self._thread.start()

    def _listen(self) -> None:
        while not self._closed:
            try:
                with psycopg.connect(self._conninfo, autocommit=True, connect_timeout=3) as connection:
                    connection.execute(f"LISTEN {CHANNEL}")
                    # Changes may have been missed, so every page reloads its stage.
                    self._send_to_all(0)
                    self._receive(connection)
            except psycopg.Error as error:
                log.warning("live.listener_disconnected", extra={"error": type(error).__name__})
                time.sleep(RECONNECT_SECONDS)
            self._send_heartbeats()

    def _receive(self, connection: psycopg.Connection[object]) -> None:
        while not self._closed:
            for notification in connection.notifies(timeout=CHECK_SECONDS):
                self._dispatch(notification.payload)
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
            # Skip parsing: most notifications concern people without an open stream in this process.
            pages = list(self._subscribers.get(person, ()))
        try:
            for page in pages:
                if not page.send(int(version)):
                    self._remove(person, page)
        except ValueError:
            # Sent by another program. The listener must continue, or no stream would receive anything.
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
