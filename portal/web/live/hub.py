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

CLOSED = CLOSE_STREAMS


class Page(Protocol):
    """One open page, however it is reached. None of this may wait for it."""

    def tell(self, version: int) -> bool:
        """Pass a version on, ``CLOSED`` for the end; False when the page is gone."""

    def beat(self) -> bool:
        """Show a page that hears nothing that it is not forgotten; False when it is gone or has to come anew."""


class Inbox(queue.Queue[int]):
    """A page whose stream waits in a thread or greenlet of its own; only the newest unread version is kept."""

    def __init__(self) -> None:
        super().__init__(maxsize=1)

    def tell(self, version: int) -> bool:
        """Replace what was not read yet."""
        with contextlib.suppress(queue.Empty):
            if self.get_nowait() == CLOSED:
                # A stream that has to end does so, whatever else happens before it wakes.
                version = CLOSED
        with contextlib.suppress(queue.Full):
            self.put_nowait(version)
        return True

    def beat(self) -> bool:
        """Leave it to the stream, which wakes up by itself."""
        return True


class Hub:
    """Hands each change to the open pages of the person it concerns.

    Under gevent the thread and the queues are green; the same code runs on real threads.
    """

    def __init__(self, database_url: str) -> None:
        self._conninfo = database_url.replace("postgresql+psycopg://", "postgresql://")
        # By the id as notices spell it: reading each as a UUID would cost more than looking it up.
        self._pages: dict[str, set[Page]] = defaultdict(set)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False
        self.is_stopping: Callable[[], bool] = lambda: False

    @contextlib.contextmanager
    def subscribe(self, person_id: UUID) -> Iterator[Inbox]:
        """Receive the versions of one person; only the newest unread one is kept."""
        inbox = Inbox()
        self.add(person_id, inbox)
        try:
            yield inbox
        finally:
            self._drop(str(person_id), inbox)

    def add(self, person_id: UUID, page: Page) -> None:
        """Tell a page about this person until it is gone."""
        with self._lock:
            self._pages[str(person_id)].add(page)
            self._start()

    def close(self) -> None:
        """End every open page's stream; their browsers come back to the next process."""
        self._closed = True
        self._tell_all(CLOSED)

    @property
    def is_closed(self) -> bool:
        """Whether this process takes no more streams."""
        return self._closed or self.is_stopping()

    def _start(self) -> None:
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
                    self._tell_all(0)
                    self._hear(connection)
            except psycopg.Error as error:
                log.warning("live.listener_disconnected", extra={"error": type(error).__name__})
                time.sleep(RECONNECT_SECONDS)
            self._tend()

    def _hear(self, connection: psycopg.Connection[object]) -> None:
        while not self._closed:
            for notice in connection.notifies(timeout=CHECK_SECONDS):
                self._pass_on(notice.payload)
            self._tend()

    def _tend(self) -> None:
        if self.is_stopping():
            self.close()
            return
        for person, page in self._everybody():
            if not page.beat():
                self._drop(person, page)

    def _pass_on(self, payload: str) -> None:
        person, _, version = payload.partition(" ")
        with self._lock:
            # Most people have no page open here, and then the notice is not even read.
            pages = list(self._pages.get(person, ()))
        try:
            for page in pages:
                if not page.tell(int(version)):
                    self._drop(person, page)
        except ValueError:
            # Not one of ours. The listener must live, or every page would go quiet.
            log.warning("live.notification_invalid")

    def _tell_all(self, version: int) -> None:
        for person, page in self._everybody():
            if not page.tell(version):
                self._drop(person, page)

    def _everybody(self) -> list[tuple[str, Page]]:
        with self._lock:
            return [(person, page) for person, pages in self._pages.items() for page in pages]

    def _drop(self, person: str, page: Page) -> None:
        with self._lock:
            self._pages[person].discard(page)
            if not self._pages[person]:
                del self._pages[person]
