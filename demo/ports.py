"""The TCP ports of the demo, and whether they are free."""

from __future__ import annotations

import errno
import random
import socket
from dataclasses import dataclass

_IN_USE_ERRORS = frozenset({errno.EADDRINUSE, errno.EACCES})
_HIGHEST_PORT = 65_536
_UNUSED_BY_SYSTEMS = (12_000, 30_000)
_found: set[int] = set()
_LOOPBACKS = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))


class PortTakenError(Exception):
    """A port of the demo is in use by another program or another part of the demo.

    Attributes:
        taken_by: description of the other program.
    """

    def __init__(self, port: int, needed_by: str, option: str, taken_by: str = "another program") -> None:
        self.port = port
        self.needed_by = needed_by
        self.option = option
        self.taken_by = taken_by
        super().__init__(f"port {port} is taken by {taken_by}, and the {needed_by} needs it")


@dataclass(frozen=True)
class Ports:
    """The three ports a browser connects to."""

    portal: int = 8000
    sandbox: int = 5001
    identity: int = 5002

    @classmethod
    def find_free(cls) -> Ports:
        """Find three free ports."""
        found: set[int] = set()
        while len(found) < 3:  # noqa: PLR2004 - one for each field
            found.add(find_free_port())
        return cls(*found)

    def check_free(self) -> None:
        """Check that all three are free.

        Raises:
            PortTakenError: for the first one in use.
        """
        own_ports: dict[int, str] = {}
        for port, needed_by, option in (
            (self.portal, "portal", "--port"),
            (self.sandbox, "sandbox studio", "--sandbox-port"),
            (self.identity, "demo sign-in", "--identity-port"),
        ):
            if port in own_ports:
                raise PortTakenError(port, needed_by, option, taken_by=f"the {own_ports[port]}")
            if is_taken(port):
                raise PortTakenError(port, needed_by, option)
            own_ports[port] = needed_by

    def find_free_after(self, port: int) -> int:
        """Return a port above this one that is free and not one of these."""
        own_ports = {self.portal, self.sandbox, self.identity}
        return next(each for each in range(port + 1, _HIGHEST_PORT) if each not in own_ports and not is_taken(each))


def find_free_port() -> int:
    """Find a free port.

    Below the ephemeral range, from which an outgoing connection could take the port before it is used, and random,
    so that concurrent callers get different ports. A process gets each port once: it may be used much later.
    """
    while (port := random.randrange(*_UNUSED_BY_SYSTEMS)) in _found or is_taken(port):  # noqa: S311 - not a secret
        pass
    _found.add(port)
    return port


def is_taken(port: int) -> bool:
    """Return whether a loopback address already has a listener on this port.

    Checks both address families, since browsers try IPv6 first for ``localhost``.
    """
    return any(_cannot_listen(family, address, port) for family, address in _LOOPBACKS)


def _cannot_listen(family: socket.AddressFamily, address: str, port: int) -> bool:
    try:
        probe = socket.socket(family, socket.SOCK_STREAM)
    except OSError:
        return False  # this machine has no IPv6
    with probe:
        # As servers do; otherwise a recently closed connection would count as a listener.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            return error.errno in _IN_USE_ERRORS
    return False
