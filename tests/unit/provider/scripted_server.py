"""A real HTTP server on loopback with scripted responses; it is independent of the provider."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class ReceivedRequest:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """One response. A body that is no bytes is sent as JSON; `raw` takes over the socket altogether."""

    status: int = 200
    body: Any = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: Callable[[socket.socket], None] | None = None


class ScriptedServer:
    """The server's script: replies in turn, the last one for ever; and every request."""

    def __init__(self) -> None:
        self.requests: list[ReceivedRequest] = []
        self._replies: list[Reply | Callable[[ReceivedRequest], Reply]] = [Reply(404, {"success": False})]
        self.origin = ""

    @property
    def api_url(self) -> str:
        return f"{self.origin}/api/v2"

    def set_replies(self, *replies: Reply | Callable[[ReceivedRequest], Reply]) -> None:
        self._replies = list(replies)

    def next_reply(self, requested: ReceivedRequest) -> Reply:
        self.requests.append(requested)
        reply = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
        return reply(requested) if callable(reply) else reply


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    script: ScriptedServer

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (ConnectionError, ValueError):
            self.close_connection = True

    def log_message(self, *_args: object) -> None:
        pass

    def _reply(self) -> None:
        url = urlsplit(self.path)
        requested = ReceivedRequest(
            self.command,
            url.path,
            {name: values[0] for name, values in parse_qs(url.query).items()},
            dict(self.headers.items()),
            self.rfile.read(int(self.headers.get("Content-Length") or 0)),
        )
        reply = self.script.next_reply(requested)
        if reply.raw is not None:
            self.close_connection = True
            reply.raw(self.connection)
            return
        body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        self.send_response(reply.status)
        for name, value in ({"Content-Length": str(len(body))} | dict(reply.headers)).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = _reply  # noqa: N815 - http.server's names


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_args: object) -> None:
        """Clients that disconnect in the middle are what many of these tests are about."""


@contextmanager
def run_scripted_server() -> Iterator[ScriptedServer]:
    """Run the server for as long as the block lasts."""
    script = ScriptedServer()
    handler = type("Handler", (_Handler,), {"script": script})
    with _Server(("127.0.0.1", 0), handler) as server:
        script.origin = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield script
        finally:
            server.shutdown()
            thread.join()


def close_socket(sock: socket.socket) -> None:
    """Close the connection without a response."""
    sock.shutdown(socket.SHUT_RDWR)
