"""Ports of the demo: picked, checked, and explained when taken."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from demo.ports import Ports, PortTakenError, find_free_port, is_taken


@pytest.fixture
def listening_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_free_ports_differ_and_are_free() -> None:
    ports = Ports.find_free()
    assert len({ports.portal, ports.sandbox, ports.identity}) == 3
    ports.check_free()


def test_port_is_found_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first = find_free_port()
    monkeypatch.setattr("demo.ports._UNUSED_BY_SYSTEMS", (first, first + 50))
    assert first not in {find_free_port() for _ in range(20)}


def test_a_listener_takes_its_port(listening_port: int) -> None:
    assert is_taken(listening_port)


def test_a_listener_on_ipv6_takes_the_port_too() -> None:
    if not socket.has_ipv6:
        return
    try:
        server = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        return  # a container without IPv6 has no listener on it
    with server:
        assert is_taken(server.getsockname()[1])


def test_a_closed_connection_leaves_its_port_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port), timeout=60)
        accepted, _ = server.accept()
        accepted.close()  # the server's side closes first and is remembered for a minute
        client.close()
    assert not is_taken(port)


def test_two_parts_cannot_share_a_port() -> None:
    free = Ports.find_free()
    with pytest.raises(PortTakenError) as refused:
        Ports(portal=free.portal, sandbox=free.portal, identity=free.identity).check_free()
    assert (refused.value.taken_by, refused.value.option) == ("the portal", "--sandbox-port")


@pytest.mark.parametrize(
    ("part", "needed_by", "option"),
    [
        ("portal", "portal", "--port"),
        ("sandbox", "sandbox studio", "--sandbox-port"),
        ("identity", "demo sign-in", "--identity-port"),
    ],
)
def test_port_in_use_error_names_the_service(listening_port: int, part: str, needed_by: str, option: str) -> None:
    free = Ports.find_free()
    fields = {"portal": free.portal, "sandbox": free.sandbox, "identity": free.identity} | {part: listening_port}
    with pytest.raises(PortTakenError) as caught:
        Ports(**fields).check_free()
    assert (caught.value.port, caught.value.needed_by, caught.value.option) == (listening_port, needed_by, option)


def test_the_next_free_port_is_not_one_of_the_demos() -> None:
    ports = Ports(portal=40_000, sandbox=40_001, identity=40_002)
    assert ports.find_free_after(40_000) > 40_002
