"""The server that tests run a portal on: at its end nothing of a request is left open."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator

from flask import Flask, Response

from tests.local_server import serve_app

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
# With a pause of zero seconds, closing the connection resets it.
RESET = struct.pack("ii", 1, 0)


def send_request(port: int) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port), timeout=60)
    client.sendall(REQUEST)
    return client


def test_body_is_closed_when_the_client_resets_the_connection() -> None:
    closed: list[int] = []
    app = Flask("served")

    @app.route("/")
    def show_page() -> Response:
        response = Response([b"x" * 100])
        response.call_on_close(lambda: closed.append(1))
        return response

    with serve_app(app) as port:
        for _ in range(20):
            client = send_request(port)
            client.recv(10)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            client.close()
    assert len(closed) == 20


def test_end_waits_for_the_responses_and_ends_unused_connections() -> None:
    started, may_end, ended = threading.Event(), threading.Event(), threading.Event()
    app = Flask("served")

    @app.route("/")
    def show_page() -> Response:
        def stream() -> Iterator[bytes]:
            yield b"x"
            started.set()
            assert may_end.wait(60)
            ended.set()

        return Response(stream())

    with serve_app(app, before_end=may_end.set) as port:
        unused = socket.create_connection(("127.0.0.1", port), timeout=60)
        client = send_request(port)
        assert started.wait(60)
    assert ended.is_set()
    unused.close()
    client.close()
