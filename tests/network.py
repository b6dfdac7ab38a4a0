"""Shuts the network in tests, except this machine; a call that slips out fails its test by name."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import pytest


@contextmanager
def restrict_to_loopback() -> Iterator[None]:
    """Let sockets of this process reach loopback addresses only, and look up no other name."""
    shut = pytest.MonkeyPatch()
    connect, connect_ex, getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        _check(self, address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        _check(self, address)
        return connect_ex(self, address)

    def guarded_getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        if not is_loopback(host):
            refuse_host(host)
        return getaddrinfo(host, *args, **kwargs)

    shut.setattr(socket.socket, "connect", guarded_connect)
    shut.setattr(socket.socket, "connect_ex", guarded_connect_ex)
    shut.setattr(socket, "getaddrinfo", guarded_getaddrinfo)
    try:
        yield
    finally:
        shut.undo()


def is_loopback(host: str | bytes | None) -> bool:
    """Return whether a host, as given to a socket, can only be this machine."""
    if host is None or host in {"", "localhost", b"localhost"}:
        return True
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    try:
        return ipaddress.ip_address(text).is_loopback
    except ValueError:
        return False


def refuse_host(host: object) -> NoReturn:
    """Fail the test; not an OSError, which the code under test may well handle."""
    pytest.fail(f"the network is shut in tests, and something tried to reach {host!r}")


def _check(sock: socket.socket, address: Any) -> None:
    if sock.family in {socket.AF_INET, socket.AF_INET6} and not is_loopback(address[0]):
        refuse_host(f"{address[0]}:{address[1]}")
