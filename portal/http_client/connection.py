"""Sockets that keep a deadline and may choose their addresses; no part of the API itself."""

import io
import logging
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from http.client import HTTPResponse
from typing import Any, cast

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NameResolutionError, NewConnectionError

CONNECT_S = 3.0
READ_S = 10.0
TOTAL_S = 15.0

# urllib3 writes whole URLs to its log, at DEBUG for each call and at WARNING for odd headers. The portal's URLs contain
# e-mails in paths and signatures in queries, so only its errors may pass.
logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)

_until: ContextVar[float] = ContextVar("provider_deadline")


@contextmanager
def open_deadline(seconds: float) -> Iterator[None]:
    """End all socket operations of this module inside the block after ``seconds``; nested, the earlier end counts."""
    ends = time.monotonic() + seconds
    outer = _until.get(None)
    token = _until.set(ends if outer is None else min(outer, ends))
    try:
        yield
    finally:
        _until.reset(token)


def get_time_left() -> float:
    """Seconds to the deadline in force, at least 0; the default total when none is."""
    until = _until.get(None)
    return TOTAL_S if until is None else max(until - time.monotonic(), 0.0)


class AddressRefused(HTTPError):
    """A name resolved to an address its origin may not have."""


def open_socket(connection: HTTPConnection) -> socket.socket:
    """Connect to an address that was checked: what is checked is what is connected to.

    Raises urllib3's connection errors, and AddressRefused when any address of the name is not allowed.
    """
    may_connect = getattr(connection, "may_connect", None)
    host = connection.host.strip("[]")
    try:
        found = socket.getaddrinfo(host, connection.port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        reason = error if isinstance(error, socket.gaierror) else socket.gaierror(str(error))
        raise NameResolutionError(host, connection, reason) from None
    if may_connect is not None and not all(may_connect(entry[4][0]) for entry in found):
        raise AddressRefused
    refusal: OSError | None = None
    for family, kind, protocol, _, address in found:
        try:
            return _connected(family, kind, protocol, address)
        except OSError as error:
            refusal = error
    if isinstance(refusal, TimeoutError):
        raise ConnectTimeoutError(connection, "connect timed out")
    raise NewConnectionError(connection, "connection refused")


def _connected(family: int, kind: int, protocol: int, address: Any) -> socket.socket:
    wait = min(CONNECT_S, get_time_left())
    if wait <= 0:
        raise TimeoutError
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(wait)
        sock.connect(address)
    except BaseException:
        sock.close()
        raise
    return sock


class _TimedRaw(io.RawIOBase):
    """The reading side of a socket; before each read its timeout is lowered to what the deadline leaves."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._ends = time.monotonic() + get_time_left()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("deadline passed")
        self._sock.settimeout(min(left, READ_S))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        try:
            self._raw.close()
        finally:
            super().close()


class _TimedSocket:
    """The part of a socket http.client reads a response from."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimedRaw(self._sock))


class TimedResponse(HTTPResponse):
    """A response, status line and headers included, that has to arrive before the deadline."""

    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(cast(socket.socket, _TimedSocket(sock)), *args, **options)


class TimedHTTPConnection(HTTPConnection):
    """Plain HTTP under a deadline."""

    response_class = TimedResponse

    def _new_conn(self) -> socket.socket:
        return open_socket(self)


class TimedHTTPSConnection(HTTPSConnection):
    """HTTPS under a deadline; certificates are checked against the name, not the address."""

    response_class = TimedResponse

    def _new_conn(self) -> socket.socket:
        return open_socket(self)
