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
# How long a process that was told to end waits for the rest of a request that has begun to arrive.
_LAST_CALL_SECONDS = 1.5
# A body that was refused unread is still being sent. Closing the connection now would reset it, and some clients would
# never see the answer; reading without an end would let them send for ever.
_MOST_UNREAD_BYTES = 4 * 1024 * 1024
_UNREAD_SECONDS = 5


class WebWorker(GeventWorker):  # type: ignore[misc]  # the package has no types
    """Lets streams take their connection along, and ends as soon as its last request is answered.

    Nobody asks on most connections when it is told to end, but browsers and routers keep them open for a minute, more
    than the time there is for ending.
    """

    def run(self) -> None:
        """Serve until told to end."""
        self._quiet: set[Any] = set()
        gevent.spawn(self._let_quiet_ones_go)
        super().run()

    def handle(self, listener: Any, client: Any, addr: Any) -> None:
        """Serve one connection."""
        self._quiet.add(client)
        try:
            super().handle(listener, client, addr)
        finally:
            self._quiet.discard(client)

    def handle_request(self, listener_name: Any, req: Any, sock: Any, addr: Any) -> None:
        """Answer one request."""
        self._quiet.discard(sock)
        try:
            super().handle_request(listener_name, req, sock, addr)
        except StopIteration:
            _drain(req)
            raise
        finally:
            self._quiet.add(sock)
        if not _drain(req):
            raise StopIteration

    def is_already_handled(self, respiter: Any) -> bool:
        """Tell whether an answer needs nothing more."""
        if DETACHES_STREAMS and isinstance(respiter, SseResponse) and respiter.detach():
            # To gunicorn this means that the connection is none of its business any more.
            raise StopIteration
        return bool(super().is_already_handled(respiter))

    def _let_quiet_ones_go(self) -> None:
        while self.alive:
            gevent.sleep(0.25)
        while True:
            gevent.sleep(_LAST_CALL_SECONDS)
            for client in tuple(self._quiet):
                # What has arrived can still be read and is answered; after it the connection looks ended by its client.
                with contextlib.suppress(OSError):
                    plain = _PlainSocket(fileno=client.fileno())
                    try:
                        plain.shutdown(socket.SHUT_RD)
                    finally:
                        plain.detach()


def _drain(req: Any) -> bool:
    """Read the rest of a request's body, up to a limit, after it was answered. Return False if there is still more."""
    if req.method in {"GET", "HEAD"}:
        return True
    left = _MOST_UNREAD_BYTES
    with contextlib.suppress(OSError, ValueError), gevent.Timeout(_UNREAD_SECONDS, False):
        while left > 0:
            piece = req.body.read(65_536)
            if not piece:
                return True
            left -= len(piece)
    return False
