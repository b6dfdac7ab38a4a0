"""Which TCP ports the parts of a demo listen on, and whether they are free; never opens a service itself."""

from __future__ import annotations

import errno
import random
import socket
from dataclasses import dataclass

_TAKEN = frozenset({errno.EADDRINUSE, errno.EACCES})
_HIGHEST_PORT = 65_536
_UNUSED_BY_SYSTEMS = (12_000, 30_000)
_LOOPBACKS = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))


class PortTakenError(Exception):
    """Something else listens, or is going to, on a port that a part of the demo needs.

    Attributes:
        taken_by: who has it, in words.
    """

    def __init__(self, port: int, needed_by: str, option: str, taken_by: str = "another program") -> None:
        self.port = port
        self.needed_by = needed_by
        self.option = option
        self.taken_by = taken_by
        super().__init__(f"port {port} is taken by {taken_by}, and the {needed_by} needs it")


@dataclass(frozen=True)
class Ports:
    """The three ports a browser talks to."""

    portal: int = 8000
    sandbox: int = 5001
    identity: int = 5002

    @classmethod
    def free(cls) -> Ports:
        """Pick three ports nobody listens on right now."""
        found: set[int] = set()
        while len(found) < 3:  # noqa: PLR2004 - as the class says
            found.add(free_port())
        return cls(*found)

    def check(self) -> None:
        """Make sure that all three can be listened on.

        Raises:
            PortTakenError: for the first one that cannot.
        """
        ours: dict[int, str] = {}
        for port, needed_by, option in (
            (self.portal, "portal", "--port"),
            (self.sandbox, "sandbox studio", "--sandbox-port"),
            (self.identity, "demo sign-in", "--identity-port"),
        ):
            if port in ours:
                raise PortTakenError(port, needed_by, option, taken_by=f"the {ours[port]}")
            if is_taken(port):
                raise PortTakenError(port, needed_by, option)
            ours[port] = needed_by

    def next_free_after(self, port: int) -> int:
        """Return a port above this one that is free and not one of ours."""
        ours = {self.portal, self.sandbox, self.identity}
        return next(each for each in range(port + 1, _HIGHEST_PORT) if each not in ours and not is_taken(each))


def free_port() -> int:
    """Return a port nobody listens on.

    From below the range systems take for outgoing connections, which could otherwise be given the very same port
    between now and its use; and at random, so that two who ask at once get different ones.
    """
    while is_taken(port := random.randrange(*_UNUSED_BY_SYSTEMS)):  # noqa: S311 - not a secret
        pass
    return port


def is_taken(port: int) -> bool:
    """Tell whether a loopback address already has a listener on this port.

    Both families are looked at: a browser that opens ``localhost`` tries the IPv6 one first.
    """
    return any(_cannot_listen(family, address, port) for family, address in _LOOPBACKS)


def _cannot_listen(family: socket.AddressFamily, address: str, port: int) -> bool:
    try:
        probe = socket.socket(family, socket.SOCK_STREAM)
    except OSError:
        return False  # this machine has no IPv6
    with probe:
        # As servers do, or a connection that was closed a minute ago would count as a listener.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            return error.errno in _TAKEN
    return False
