"""Wires: what is written to a connection that was handed over, when, and how it ends."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest

from portal.web.live import connection
from portal.web.live.connection import HEARTBEAT_SECONDS, MAX_DURATION_SECONDS, SseConnection, SseResponse
from portal.web.live.hub import STREAM_END

HEARTBEAT = b"e\r\n: still here\n\n\r\n"


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """The portal's end of a connection and the browser's."""
    own, foreign = socket.socketpair()
    foreign.settimeout(60)
    with own, foreign:
        yield own, foreign


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time by the monotonic clock; a test moves it by writing into it."""
    present = [1000.0]
    monkeypatch.setattr(connection.time, "monotonic", lambda: present[0])
    return present


def test_a_version_is_one_chunk_and_the_end_is_the_last(ends: tuple[socket.socket, socket.socket]) -> None:
    own, foreign = ends
    connection = SseConnection(os.dup(own.fileno()))
    own.close()
    assert connection.send(7)
    assert foreign.recv(100) == b"16\r\nevent: stage\ndata: 7\n\n\r\n"
    assert not connection.send(STREAM_END)
    assert foreign.recv(100) == b"0\r\n\r\n"
    assert foreign.recv(100) == b""
    # Its number may be another file by now.
    assert not connection.send(8)


def test_idle_stream_sends_heartbeat_every_20_seconds(
    ends: tuple[socket.socket, socket.socket], now: list[float]
) -> None:
    own, foreign = ends
    connection = SseConnection(os.dup(own.fileno()))
    foreign.setblocking(False)
    for _ in range(3):
        now[0] += HEARTBEAT_SECONDS - 0.1
        assert connection.send_heartbeat()
        with pytest.raises(BlockingIOError):
            foreign.recv(100)
        now[0] += 0.1
        assert connection.send_heartbeat()
        assert foreign.recv(100) == HEARTBEAT
    now[0] += HEARTBEAT_SECONDS - 1
    assert connection.send(3)
    foreign.recv(100)
    now[0] += 1
    assert connection.send_heartbeat()
    with pytest.raises(BlockingIOError):
        foreign.recv(100)
    connection.end()


def test_stream_ends_before_its_session_is_deleted(ends: tuple[socket.socket, socket.socket], now: list[float]) -> None:
    own, foreign = ends
    connection = SseConnection(os.dup(own.fileno()))
    now[0] += MAX_DURATION_SECONDS
    assert not connection.send_heartbeat()
    assert foreign.recv(100) == b"0\r\n\r\n"


def test_disconnected_and_stalled_streams_are_closed(ends: tuple[socket.socket, socket.socket]) -> None:
    before = SseConnection.open_count
    own, foreign = ends
    asleep = SseConnection(os.dup(own.fileno()))
    assert SseConnection.open_count == before + 1
    for _ in range(100_000):
        if not asleep.send(1):
            break
    else:
        raise AssertionError("a page that reads nothing is written to for ever")
    foreign.close()
    gone = SseConnection(os.dup(own.fileno()))
    assert not gone.send(1)
    assert SseConnection.open_count == before


@pytest.mark.parametrize(("protocol", "method"), [("HTTP/1.0", "GET"), ("HTTP/1.1", "HEAD"), ("HTTP/2", "GET")])
def test_what_is_not_sent_in_chunks_stays_with_the_server(
    ends: tuple[socket.socket, socket.socket], protocol: str, method: str
) -> None:
    environ = {"SERVER_PROTOCOL": protocol, "REQUEST_METHOD": method, "gunicorn.socket": ends[0]}
    written: list[bytes] = []
    adopted: list[SseConnection] = []
    stream = SseResponse(environ, written.append, iter([b"x"]), adopted.append)
    assert not stream.detach()
    assert (written, adopted, list(stream)) == ([], [], [b"x"])


def test_streams_leave_files_for_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection.resource, "getrlimit", lambda _which: (100, 100))
    monkeypatch.setattr(SseConnection, "open_count", 74)
    assert not connection.is_limit_reached()
    monkeypatch.setattr(SseConnection, "open_count", 75)
    assert connection.is_limit_reached()
