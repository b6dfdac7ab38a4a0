"""One listener for each web process: hears which people changed and tells their open pages."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from uuid import UUID

import psycopg

from portal.models.people import CHANNEL, HUNG_UP

log = logging.getLogger(__name__)

# How soon a process that was told to stop lets its open pages go, and how long a broken listener waits.
CHECK_SECONDS = 0.5
RECONNECT_SECONDS = 1.0

Inbox = queue.Queue[int]
CLOSED = HUNG_UP


class Hub:
    """Hands each change to the open pages of the person it concerns.

    Under gevent the thread and the queues below are green; the same code runs on real threads.
    """

    def __init__(self, database_url: str) -> None:
        self._conninfo = database_url.replace("postgresql+psycopg://", "postgresql://")
        self._pages: dict[UUID, set[Inbox]] = defaultdict(set)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False
        self.is_stopping: Callable[[], bool] = lambda: False

    @contextlib.contextmanager
    def subscribe(self, person_id: UUID) -> Iterator[Inbox]:
        """Receive the versions of one person; only the newest unread one is kept."""
        inbox: Inbox = queue.Queue(maxsize=1)
        with self._lock:
            self._pages[person_id].add(inbox)
            self._start()
        try:
            yield inbox
        finally:
            with self._lock:
                self._pages[person_id].discard(inbox)
                if not self._pages[person_id]:
                    del self._pages[person_id]

    def close(self) -> None:
        """End every open page's stream; their browsers come back to the next process."""
        self._closed = True
        with self._lock:
            inboxes = [inbox for page in self._pages.values() for inbox in page]
        for inbox in inboxes:
            _replace(inbox, CLOSED)

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
                    self._wake_all()
                    self._hear(connection)
            except psycopg.Error as error:
                log.warning("listener lost its connection", extra={"error": type(error).__name__})
                time.sleep(RECONNECT_SECONDS)
            if self.is_stopping():
                self.close()

    def _hear(self, connection: psycopg.Connection[object]) -> None:
        while not self._closed:
            for notice in connection.notifies(timeout=CHECK_SECONDS):
                self._pass_on(notice.payload)
            if self.is_stopping():
                self.close()

    def _pass_on(self, payload: str) -> None:
        person, _, version = payload.partition(" ")
        try:
            self._tell(UUID(person), int(version))
        except ValueError:
            # Not one of ours. The listener must live, or every page would go quiet.
            log.warning("notice of an unknown form")

    def _tell(self, person_id: UUID, version: int) -> None:
        with self._lock:
            inboxes = list(self._pages.get(person_id, ()))
        for inbox in inboxes:
            _replace(inbox, version)

    def _wake_all(self) -> None:
        """Let every page look for itself, because changes may have been missed."""
        with self._lock:
            inboxes = [inbox for page in self._pages.values() for inbox in page]
        for inbox in inboxes:
            _replace(inbox, 0)


def _replace(inbox: Inbox, version: int) -> None:
    with contextlib.suppress(queue.Empty):
        if inbox.get_nowait() == CLOSED:
            # A stream that has to end does so, whatever else happens before it wakes.
            version = CLOSED
    with contextlib.suppress(queue.Full):
        inbox.put_nowait(version)
