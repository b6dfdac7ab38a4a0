"""A WSGI app behind a port of this machine; when it ends, every request has a response and everything is closed."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from flask import Flask
from werkzeug.serving import ThreadedWSGIServer

from sandbox.closing_handler import ClosingHandler, record_bodies

# For the requests that are running at the end.
END_SECONDS = 30


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
    server = _Server("127.0.0.1", port, record_bodies(app), handler=ClosingHandler)
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
