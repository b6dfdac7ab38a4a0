"""Event streams without a greenlet: the server hands its connection over, and events are written directly to it.

A stream in a greenlet keeps its whole request and the greenlet's stack, nearly 30 kB. A file descriptor and two times
cost a thirtieth of that. With a server that hands no connection over, streams are ordinary responses.
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
# Streams end regularly, so that the session behind them is checked again.
MAX_DURATION_SECONDS = 600
# The first event makes the page reload its stage once, usually with a 304: it may have changed since it was rendered.
FIRST_EVENT = "retry: 2000\nevent: stage\ndata: 0\n\n"
HEARTBEAT_COMMENT = ": still here\n\n"
_LAST_CHUNK = b"0\r\n\r\n"
# The rest of a process's files is for pages, webhooks and the database.
_SHARE_OF_FILES = 0.75


def format_event(version: int) -> str:
    """Return the event with a version number."""
    return f"event: stage\ndata: {version}\n\n"


def compute_lifetime() -> float:
    """Return a random duration of a stream in seconds, so that not all reconnect at once."""
    return MAX_DURATION_SECONDS * random.uniform(0.8, 1)  # noqa: S311 - nothing secret


class SseConnection:
    """An open connection of a chunked HTTP/1.1 response whose head has been sent."""

    __slots__ = ("_descriptor", "_ends_at", "_last_sent_at")

    open_count: ClassVar[int] = 0

    def __init__(self, descriptor: int) -> None:
        """Take over a file descriptor; only this object writes to it and closes it."""
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor
        self._last_sent_at = time.monotonic()
        self._ends_at = self._last_sent_at + compute_lifetime()
        SseConnection.open_count += 1

    def send(self, version: int) -> bool:
        """Send a version, or the end. Return False if the client has disconnected."""
        return self.end() if version == STREAM_END else self.write(format_event(version))

    def send_heartbeat(self) -> bool:
        """Send a comment if the stream was idle; end it after its maximum duration."""
        now = time.monotonic()
        if now >= self._ends_at:
            return self.end()
        return now < self._last_sent_at + HEARTBEAT_SECONDS or self.write(HEARTBEAT_COMMENT)

    def write(self, text: str) -> bool:
        """Write one whole chunk; close the connection of a client that reads too slowly for it to fit."""
        chunk = b"%x\r\n%s\r\n" % (len(text), text.encode("ascii"))
        with contextlib.suppress(OSError):
            if os.write(self._descriptor, chunk) == len(chunk):
                self._last_sent_at = time.monotonic()
                return True
        self._close()
        return False

    def end(self) -> bool:
        """Send the last chunk, and close the connection."""
        with contextlib.suppress(OSError):
            os.write(self._descriptor, _LAST_CHUNK)
        self._close()
        return False

    def _close(self) -> None:
        # The number may be another file's as soon as it is closed.
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            SseConnection.open_count -= 1
            os.close(descriptor)


def is_limit_reached() -> bool:
    """Return whether one more stream could use up the file descriptors that pages need."""
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
        """Return the parts of an ordinary response."""
        return self._body

    def close(self) -> None:
        """Close an ordinary response whose client has disconnected."""
        if isinstance(self._body, ClosingIterator):
            self._body.close()

    def detach(self) -> bool:
        """Continue without the server, on its connection. Return False if the response has to be an ordinary one."""
        connection = self._environ.get("gunicorn.socket")
        is_in_chunks = self._environ["SERVER_PROTOCOL"] == "HTTP/1.1" and self._environ["REQUEST_METHOD"] == "GET"
        if connection is None or not is_in_chunks:
            return False
        # Only the head, which the server writes.
        self._write(b"")
        self._adopt(SseConnection(os.dup(connection.fileno())))
        return True
