"""Streams that need no greenlet: the server hands their connection over, and news are written straight to it.

A stream that waits in a greenlet keeps all of its request and that greenlet's stack, nearly 30 kB. An open file with
two times beside it costs a thirtieth of that. Where no server hands anything over, streams are ordinary answers.
"""

from __future__ import annotations

import contextlib
import os
import random
import resource
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, ClassVar

from werkzeug.wsgi import ClosingIterator

from portal.web.live.hub import STREAM_END

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

# Routers of platforms cut a stream that is silent for 55 seconds.
HEARTBEAT_SECONDS = 20
# Streams end now and then, so that the sign-in behind them is checked again.
MAX_DURATION_SECONDS = 600
# What is begun with: what changed between the page and its stream is found by looking once, usually to get a 304.
FIRST_EVENT = "retry: 2000\nevent: stage\ndata: 0\n\n"
HEARTBEAT_COMMENT = ": still here\n\n"
_LAST_CHUNK = b"0\r\n\r\n"
# The rest of a process's files is for pages, webhooks and the database.
_SHARE_OF_FILES = 0.75


def format_event(version: int) -> str:
    """Return the event that says a version and nothing else."""
    return f"event: stage\ndata: {version}\n\n"


def compute_lifetime() -> float:
    """Return how long a stream may last; not the same for all, or all would come back at once."""
    return MAX_DURATION_SECONDS * random.uniform(0.8, 1)  # noqa: S311 - nothing secret


class SseConnection:
    """One open connection of an HTTP/1.1 answer in chunks, whose head has been sent."""

    __slots__ = ("_descriptor", "_ends_at", "_last_sent_at")

    open_count: ClassVar[int] = 0

    def __init__(self, descriptor: int) -> None:
        """Take over an open file; only this wire writes to it and closes it."""
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor
        self._last_sent_at = time.monotonic()
        self._ends_at = self._last_sent_at + compute_lifetime()
        SseConnection.open_count += 1

    def send(self, version: int) -> bool:
        """Write a version, or the end; False when nobody reads it any more."""
        return self.end() if version == STREAM_END else self.write(format_event(version))

    def send_heartbeat(self) -> bool:
        """Write a comment if nothing was written for long; end the stream when its time has come."""
        now = time.monotonic()
        if now >= self._ends_at:
            return self.end()
        return now < self._last_sent_at + HEARTBEAT_SECONDS or self.write(HEARTBEAT_COMMENT)

    def write(self, text: str) -> bool:
        """Write one chunk whole; whoever has not read for so long that it does not fit is let go."""
        chunk = b"%x\r\n%s\r\n" % (len(text), text.encode("ascii"))
        with contextlib.suppress(OSError):
            if os.write(self._descriptor, chunk) == len(chunk):
                self._last_sent_at = time.monotonic()
                return True
        self._close()
        return False

    def end(self) -> bool:
        """Say that this was all, and close."""
        with contextlib.suppress(OSError):
            os.write(self._descriptor, _LAST_CHUNK)
        self._close()
        return False

    def _close(self) -> None:
        # The number is somebody else's file as soon as it is closed.
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            SseConnection.open_count -= 1
            os.close(descriptor)


def is_limit_reached() -> bool:
    """Tell whether one more stream might take the files that pages need."""
    return SseConnection.open_count >= resource.getrlimit(resource.RLIMIT_NOFILE)[0] * _SHARE_OF_FILES


class SseResponse:
    """A streaming response body: iterated over, or taken over by ``portal.web.live.gunicorn_worker``."""

    def __init__(
        self,
        environ: WSGIEnvironment,
        write: Callable[[bytes], object],
        body: Iterator[bytes],
        adopt: Callable[[SseConnection], None],
    ) -> None:
        self._environ = environ
        self._write = write
        self._body = body
        self._adopt = adopt

    def __iter__(self) -> Iterator[bytes]:
        """Return the parts of an ordinary answer."""
        return self._body

    def close(self) -> None:
        """End an ordinary answer that nobody reads any more."""
        if isinstance(self._body, ClosingIterator):
            self._body.close()

    def detach(self) -> bool:
        """Go on without the server, on its connection; False when it has to answer in the ordinary way."""
        connection = self._environ.get("gunicorn.socket")
        is_in_chunks = self._environ["SERVER_PROTOCOL"] == "HTTP/1.1" and self._environ["REQUEST_METHOD"] == "GET"
        if connection is None or not is_in_chunks:
            return False
        # Nothing but the head, which the server knows how to write.
        self._write(b"")
        self._adopt(SseConnection(os.dup(connection.fileno())))
        return True
