"""A WSGI app behind a port of this machine; when it ends, every request has a response and everything is closed."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from flask import Flask
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# For the requests that are running at the end.
END_SECONDS = 30
_BODIES = "tests.bodies"


@contextmanager
def serve_app(app: Flask, port: int = 0, *, before_end: Callable[[], object] | None = None) -> Iterator[int]:
    """Serve the app on 127.0.0.1, and so on localhost, until the block ends.

    Args:
        app: the app.
        port: 0 for a free one.
        before_end: ends responses that have no end of their own, as event streams.

    Yields:
        The port.
    """
    server = _Server("127.0.0.1", port, partial(_record_bodies, app), handler=_Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        if before_end is not None:
            before_end()
        server.shutdown()
        thread.join(END_SECONDS)
        server.server_close()


class _Server(ThreadedWSGIServer):
    """Waits at its end for the threads of its requests.

    A request that outlives its app would open a connection to the database that nothing closes: it is found when the
    garbage collector runs, in a later test.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._connections: dict[threading.Thread, socket.socket] = {}
        super().__init__(*arguments, **options)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Run a request in a thread of its own."""
        self._connections = {each: one for each, one in self._connections.items() if each.is_alive()}
        thread = threading.Thread(target=self.process_request_thread, args=(request, client_address), daemon=True)
        self._connections[thread] = request
        thread.start()

    def server_close(self) -> None:
        """Stop listening; end the connections without a request, which browsers open in advance, and the others."""
        super().server_close()
        for connection in self._connections.values():
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RD)
        for thread in self._connections:
            thread.join(END_SECONDS)
        running = [each.name for each in self._connections if each.is_alive()]
        assert not running, f"requests have no response after {END_SECONDS} s: {running}"


class _Body:
    """The body of a response, which may be closed twice."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        self._parts: Iterable[bytes] | None = parts

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._parts or ())

    def close(self) -> None:
        """Close the app's body."""
        parts, self._parts = self._parts, None
        if hasattr(parts, "close"):
            parts.close()


class _Handler(WSGIRequestHandler):
    """Closes the body of every response.

    The base class does not where the client resets the connection while it reads what is left of the request.
    """

    def run_wsgi(self) -> None:
        """Handle a request."""
        self._bodies: list[_Body] = []
        try:
            super().run_wsgi()
        finally:
            for body in self._bodies:
                body.close()

    def make_environ(self) -> dict[str, Any]:
        """Return the environment of the request; it holds the list of bodies too."""
        environ: dict[str, Any] = super().make_environ()
        environ[_BODIES] = self._bodies
        return environ


def _record_bodies(app: WSGIApplication, environ: WSGIEnvironment, start_response: StartResponse) -> _Body:
    body = _Body(app(environ, start_response))
    environ[_BODIES].append(body)
    return body
