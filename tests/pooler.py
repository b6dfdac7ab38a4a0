"""A stand-in for a connection pooler in transaction mode: all clients share one session of the server."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from types import TracebackType
from typing import Self

_SSL_REQUEST = 80877103
_GSS_REQUEST = 80877104


class TransactionPooler:
    """Listens on loopback; forwards the clients' messages, one transaction after the other, to one server session.

    As PgBouncer does, it refuses the startup parameter ``options`` unless it is configured to ignore it.
    """

    def __init__(self, server_socket: str, role: str, database: str, *, ignores_options: bool) -> None:
        self._ignores_options = ignores_options
        self._lock = threading.Lock()
        self._server = socket.socket(socket.AF_UNIX)
        self._server.connect(server_socket)
        startup = f"user\0{role}\0database\0{database}\0\0".encode()
        self._server.sendall(struct.pack("!II", len(startup) + 8, 196608) + startup)
        self._greeting = self._until_ready(self._server)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(60)
        self._server.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError, EOFError):
            startup = self._read_startup(client)
            if b"\0options\0" in startup and not self._ignores_options:
                text = b"SFATAL\0C08P01\0Munsupported startup parameter: options\0\0"
                client.sendall(b"E" + struct.pack("!I", len(text) + 4) + text)
                return
            client.sendall(self._greeting)
            while True:
                self._forward_transaction(client)

    def _forward_transaction(self, client: socket.socket) -> None:
        kind, message = self._read(client)
        with self._lock:
            while True:
                if kind == b"X":
                    raise EOFError
                self._server.sendall(message)
                if kind in b"QS":
                    response = self._until_ready(self._server)
                    client.sendall(response)
                    if response[-1:] == b"I":
                        return
                kind, message = self._read(client)

    def _read_startup(self, client: socket.socket) -> bytes:
        while True:
            length, code = struct.unpack("!II", _read_exactly(client, 8))
            rest = _read_exactly(client, length - 8)
            if code not in {_SSL_REQUEST, _GSS_REQUEST}:
                return b"\0" + rest
            client.sendall(b"N")

    def _until_ready(self, server: socket.socket) -> bytes:
        collected = b""
        while True:
            kind, message = self._read(server)
            collected += message
            if kind == b"Z":
                return collected

    def _read(self, connection: socket.socket) -> tuple[bytes, bytes]:
        head = _read_exactly(connection, 5)
        return head[:1], head + _read_exactly(connection, struct.unpack("!I", head[1:])[0] - 4)


def _read_exactly(connection: socket.socket, count: int) -> bytes:
    collected = b""
    while len(collected) < count:
        piece = connection.recv(count - len(collected))
        if not piece:
            raise EOFError
        collected += piece
    return collected
