"""Starts what open pages are connected to: the portal with people in it, and the least that could do the same."""

from __future__ import annotations

import sys

from bench.install import install_asgi_peer
from bench.people import Visitor, create_people
from bench.servers import FOLDER, Ground, Server, build_database_name, is_listening
from demo.ports import find_free_port


def start_portal(ground: Ground, name: str, people: int, *, detaches: bool = True) -> tuple[Server, list[Visitor]]:
    """Start the portal with this number of signed-in people.

    Args:
        ground: where servers run.
        name: of the server, in the report.
        people: number of people.
        detaches: as it is deployed; False serves event streams as ordinary responses.
    """
    server = ground.portal(name) if detaches else ground.portal(name, "bench/attached_streams.py")
    return server, create_people(ground.postgres.url(build_database_name(name)), people)


def start_epoll_server(ground: Ground, name: str, people: int) -> tuple[Server, list[Visitor]]:
    """Start the bare epoll server on a database of the portal's, with the same people."""
    url = ground.migrated(name)
    visitors = create_people(url, people)
    port = find_free_port()
    environment = ground.peer_environment(port, "", build_database_name(name))
    child = ground.start(name, [sys.executable, "-m", "bench.peers.raw_epoll"], environment, lambda: is_listening(port))
    return Server(name, child, port, build_database_name(name)), visitors


def start_asgi_server(ground: Ground, name: str) -> Server:
    """Start the bare ASGI application under uvicorn, with as many processes as the portal has.

    Raises:
        MissingPeer: it cannot be installed here.
    """
    python = install_asgi_peer(FOLDER / "asgi", ground.say)
    port = find_free_port()
    argv = [str(python), "-m", "uvicorn", "--workers", "2", "--host", "127.0.0.1", "--port", str(port)]
    argv += ["--log-level", "warning", "--no-access-log", "bench.peers.raw_asgi:application"]
    child = ground.start(name, argv, ground.peer_environment(port, ""), lambda: is_listening(port))
    return Server(name, child, port)
