"""Starts what open pages are connected to: the portal with people in it, and the least that could do the same."""

from __future__ import annotations

import sys

from bench.install import asgi_peer
from bench.people import Visitor, settle
from bench.servers import FOLDER, Ground, Server, database_name, listens
from demo.ports import find_free_port


def portal(ground: Ground, name: str, people: int) -> tuple[Server, list[Visitor]]:
    """Start the portal as it is deployed, with so many people signed in."""
    server = ground.portal(name)
    return server, settle(ground.postgres.url(database_name(name)), people)


def epoll(ground: Ground, name: str, people: int) -> tuple[Server, list[Visitor]]:
    """Start the bare epoll server on a database of the portal's, with the same people."""
    url = ground.migrated(name)
    visitors = settle(url, people)
    port = find_free_port()
    environment = ground.peer_environment(port, "", database_name(name))
    child = ground.start(name, [sys.executable, "-m", "bench.peers.raw_epoll"], environment, lambda: listens(port))
    return Server(name, child, port, database_name(name)), visitors


def asgi(ground: Ground, name: str) -> Server:
    """Start the bare ASGI application under uvicorn, with as many processes as the portal has.

    Raises:
        MissingPeer: it cannot be installed here.
    """
    python = asgi_peer(FOLDER / "asgi", ground.say)
    port = find_free_port()
    argv = [str(python), "-m", "uvicorn", "--workers", "2", "--host", "127.0.0.1", "--port", str(port)]
    argv += ["--log-level", "warning", "--no-access-log", "bench.peers.raw_asgi:application"]
    child = ground.start(name, argv, ground.peer_environment(port, ""), lambda: listens(port))
    return Server(name, child, port)
