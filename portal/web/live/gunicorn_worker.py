"""Fast path: the gunicorn worker of the web processes, gevent's, which detaches event streams from their request.

Measured gain: a stream costs less than 2 kB instead of 28 kB of memory (docs/performance.md), since it holds an open
file and no greenlet. Tests run both ways. To switch it off, set DETACHES_STREAMS to False: streams are then ordinary
responses.
"""

from __future__ import annotations

import contextlib
import socket
from typing import Any

import gevent
from gevent import monkey
from gunicorn.workers.ggevent import GeventWorker

from portal.web.live.connection import SseResponse

DETACHES_STREAMS = True
_PlainSocket = monkey.get_original("socket", "socket")
# How long a worker that is stopping waits for the rest of a partly received request.
_GRACE_SECONDS = 1.5
# The client may still be sending a body that was refused unread. Closing the connection resets it, and some clients
# would not receive the response; the limits keep them from sending without end.
_MAX_UNREAD_BYTES = 64 * 1024 * 1024
_UNREAD_SECONDS = 5


class WebWorker(GeventWorker):  # type: ignore[misc]  # the package has no types
    """Detaches event streams from their request, and stops as soon as its last request is completed.

    When a worker stops, most connections are idle, but browsers and routers keep them open for a minute, longer than
    the graceful timeout.
    """

    def run(self) -> None:
        """Serve until the worker is stopped."""
        self._idle: set[Any] = set()
        gevent.spawn(self._close_idle_connections)
        super().run()

    def handle(self, listener: Any, client: Any, addr: Any) -> None:
        """Serve one connection."""
        self._idle.add(client)
        try:
            super().handle(listener, client, addr)
        finally:
            self._idle.discard(client)

    def handle_request(self, listener_name: Any, req: Any, sock: Any, addr: Any) -> None:
        """Handle one request."""
        self._idle.discard(sock)
        try:
            super().handle_request(listener_name, req, sock, addr)
        except StopIteration:
            _drain(req)
            raise
        finally:
            self._idle.add(sock)
        if not _drain(req):
            raise StopIteration

    def is_already_handled(self, respiter: Any) -> bool:
        """Return whether a response needs no further handling."""
        if DETACHES_STREAMS and isinstance(respiter, SseResponse) and respiter.detach():
            # Gunicorn then no longer handles the connection.
            raise StopIteration
        return bool(super().is_already_handled(respiter))

    def _close_idle_connections(self) -> None:
        while self.alive:
            gevent.sleep(0.25)
        while True:
            gevent.sleep(_GRACE_SECONDS)
            for client in tuple(self._idle):
                # A request that has arrived is still handled; after it, reading returns the end of the stream.
                with contextlib.suppress(OSError):
                    plain = _PlainSocket(fileno=client.fileno())
                    try:
                        plain.shutdown(socket.SHUT_RD)
                    finally:
                        plain.detach()


def _drain(req: Any) -> bool:
    """Read the rest of a request's body after the response, up to a limit; return False if there is more."""
    if req.method in {"GET", "HEAD"}:
        return True
    left = _MAX_UNREAD_BYTES
    with contextlib.suppress(OSError, ValueError), gevent.Timeout(_UNREAD_SECONDS, False):
        while left > 0:
            piece = req.body.read(65_536)
            if not piece:
                return True
            left -= len(piece)
    return False
