"""Thousands of open pages' streams, held by one process over one epoll; and the updates that reach them."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType

from bench.load import LoadError

TIMEOUT_SECONDS = 30.0
_AT_ONCE = 64
_READ = 4_096
_OK = b"HTTP/1.1 200"
_FIELD = b"\ndata: "


@dataclass
class _Stream:
    socket: socket.socket
    index: int
    received: bytes = b""
    version: int = -1


class Streams:
    """The streams of one server; the place of a request in ``open`` is the index of its stream."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._poll = select.epoll()
        self._streams: dict[int, _Stream] = {}

    def __enter__(self) -> Streams:
        """Hold nothing yet."""
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        """Close every stream."""
        for stream in self._streams.values():
            stream.socket.close()
        self._poll.close()

    def __len__(self) -> int:
        """How many are open."""
        return len(self._streams)

    def open(self, requests: Sequence[bytes]) -> None:
        """Open more streams, a few at a time as in life, and wait for the first event of each.

        Raises:
            LoadError: one was refused, or it took too long.
        """
        ends_at = time.perf_counter() + TIMEOUT_SECONDS + len(requests) / 50
        waiting = list(reversed(requests))
        silent: set[int] = set()
        while waiting or silent:
            while waiting and len(silent) < _AT_ONCE:
                silent.add(self._connect(waiting.pop()))
            silent -= set(self._receive_versions(ends_at)[1])

    def wait_for(self, expected: Mapping[int, int]) -> dict[int, float]:
        """Wait until streams have received these versions, by index. Return the monotonic time of each.

        Raises:
            LoadError: one did not in time, or was closed.
        """
        ends_at = time.perf_counter() + TIMEOUT_SECONDS
        arrived: dict[int, float] = {}
        while len(arrived) < len(expected):
            at, events_received = self._receive_versions(ends_at)
            for number in events_received:
                stream = self._streams[number]
                if stream.version == expected.get(stream.index) and stream.index not in arrived:
                    arrived[stream.index] = at
        return arrived

    def drain(self) -> None:
        """Read what lies about, heartbeats most of all."""
        while found := self._poll.poll(0, _AT_ONCE):
            for number, _ in found:
                self._read(self._streams[number])

    def _connect(self, request: bytes) -> int:
        made = socket.create_connection(("127.0.0.1", self._port), timeout=10)
        made.sendall(request)
        made.setblocking(False)
        self._streams[made.fileno()] = _Stream(made, len(self._streams))
        self._poll.register(made.fileno(), select.EPOLLIN)
        return made.fileno()

    def _receive_versions(self, ends_at: float) -> tuple[float, list[int]]:
        """Return the time of arrival and the streams that received a version."""
        found = self._poll.poll(max(0.0, ends_at - time.perf_counter()), _AT_ONCE)
        # All of these had come by now; polling each would add the time this very loop takes.
        at = time.perf_counter()
        if not found:
            raise LoadError(f"port {self._port}: streams stayed silent")
        return at, [number for number, _ in found if self._read(self._streams[number])]

    def _read(self, stream: _Stream) -> bool:
        """Read received data. Return whether it contained a version."""
        data = stream.socket.recv(_READ)
        if not data:
            raise LoadError(f"port {self._port}: a stream was closed")
        text = stream.received + data
        if stream.version < 0 and not text.startswith(_OK):
            raise LoadError(f"port {self._port} answered {text[:40]!r} to a stream")
        begin = text.rfind(_FIELD) + len(_FIELD)
        end = text.find(b"\n", begin)
        if begin < len(_FIELD) or end < 0:
            stream.received = text[-_READ:]
            return False
        stream.received = b""
        stream.version = int(text[begin:end])
        return True
