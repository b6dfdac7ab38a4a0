"""An HTTP/1.1 client that sends prepared requests over many persistent loopback connections."""

from __future__ import annotations

import re
import select
import socket
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

CONNECTIONS = 50
LIMIT_SECONDS = 120.0
_READ = 65_536
_RETRY_SECONDS = 0.05
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_NOT_MODIFIED = 304
_OK = frozenset({*range(200, 300), _NOT_MODIFIED})


class LoadError(Exception):
    """The load could not be brought to its end: a server refused, or the time was up."""


@dataclass
class Load:
    """What one run saw.

    Attributes:
        seconds: from the first request to the last response.
        latencies: milliseconds of each completed request, in the order of the responses.
        order: the indexes of those requests.
        acknowledged: indexes of the requests that got a 2xx, or word that nothing has changed.
        statuses: how often each status came.
        broken: how often a connection broke or could not be made (only with ``retry``).
    """

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    order: list[int] = field(default_factory=list)
    acknowledged: set[int] = field(default_factory=set)
    statuses: dict[int, int] = field(default_factory=dict)
    broken: int = 0

    @property
    def rate(self) -> float:
        """Responses per second."""
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """Return the latency below which this share (0 to 1) of the responses came, milliseconds."""
        return compute_percentile(self.latencies, share)


def compute_percentile(values: Iterable[float], share: float) -> float:
    """Return the value below which this share (0 to 1) of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def send_closed_loop(port: int, requests: Sequence[bytes], *, connections: int = CONNECTIONS) -> Load:
    """Send all requests, each connection the next one as soon as it has its response.

    Raises:
        LoadError: a response is no 2xx, a connection broke, or it took longer than ``LIMIT_SECONDS``.
    """
    return _Run(port, requests, connections).run()


def open_loop(port: int, requests: Sequence[bytes], *, rate: float, connections: int = CONNECTIONS) -> Load:
    """Send requests in an open loop at a fixed rate per second.

    Raises:
        LoadError: as for :func:`closed_loop`.
    """
    return _Run(port, requests, connections, rate=rate).run()


def send_until_acknowledged(port: int, requests: Sequence[bytes], during: Callable[[int], None]) -> Load:
    """Send all requests and repeat each until it is acknowledged, as the provider does.

    Args:
        during: called with the number of responses so far, after each batch of them.

    Raises:
        LoadError: it took longer than ``LIMIT_SECONDS``.
    """
    return _Run(port, requests, CONNECTIONS, retry=True, during=during).run()


@dataclass
class _Line:
    """One kept connection and the request it carries (-1: none)."""

    socket: socket.socket
    index: int = -1
    since: float = 0.0
    received: bytes = b""


class _Run:
    def __init__(
        self,
        port: int,
        requests: Sequence[bytes],
        connections: int,
        *,
        rate: float | None = None,
        retry: bool = False,
        during: Callable[[int], None] | None = None,
    ) -> None:
        self._port = port
        self._requests = requests
        self._rate = rate
        self._retry = retry
        self._during = during
        self._waiting: deque[int] = deque(range(len(requests)) if rate is None else ())
        self._due = 0
        self._poll = select.epoll()
        self._lines: dict[int, _Line] = {}
        self._idle: list[_Line] = []
        self._connections = connections
        self._load = Load()

    def run(self) -> Load:
        try:
            for _ in range(self._connections):
                self._connect()
            self._began = time.perf_counter()
            while len(self._load.acknowledged) < len(self._requests):
                if time.perf_counter() - self._began > LIMIT_SECONDS:
                    done = len(self._load.acknowledged)
                    raise LoadError(f"{done} of {len(self._requests)} answered in {LIMIT_SECONDS:.0f} s")
                self._run_once()
            self._load.seconds = time.perf_counter() - self._began
        finally:
            for line in self._lines.values():
                line.socket.close()
            self._poll.close()
        return self._load

    def _run_once(self) -> None:
        self._send_what_is_due()
        for number, _ in self._poll.poll(self._compute_timeout()):
            line = self._lines[number]
            try:
                self._receive(line)
            except OSError as error:
                self._broke(line, error)
        if self._during is not None:
            self._during(len(self._load.latencies))

    def _compute_timeout(self) -> float:
        if self._retry and len(self._lines) < self._connections:
            return _RETRY_SECONDS
        if self._rate is None or self._due >= len(self._requests):
            return 1.0
        return max(0.0, self._began + self._due / self._rate - time.perf_counter())

    def _send_what_is_due(self) -> None:
        if self._retry:
            self._reconnect()
        if self._rate is not None:
            while self._due < len(self._requests) and time.perf_counter() >= self._began + self._due / self._rate:
                self._waiting.append(self._due)
                self._due += 1
        while self._waiting and self._idle:
            self._send(self._idle.pop(), self._waiting.popleft())

    def _send(self, line: _Line, index: int) -> None:
        line.index = index
        # A request that had to wait for a free connection waited since it was due; being woken late is our own fault.
        is_late = self._rate is not None and bool(self._waiting)
        line.since = self._began + index / (self._rate or 1) if is_late else time.perf_counter()
        try:
            line.socket.sendall(self._requests[index])
        except OSError as error:
            self._broke(line, error)

    def _receive(self, line: _Line) -> None:
        data = line.socket.recv(_READ)
        if not data:
            raise ConnectionResetError("closed by the server")
        line.received += data
        head, found, body = line.received.partition(b"\r\n\r\n")
        if not found or len(body) < self._length(head):
            return
        line.received = b""
        self._complete(line, int(head[9:12]))
        if b"\r\nconnection: close" in head.lower():
            self._drop(line)
            self._connect()

    def _length(self, head: bytes) -> int:
        length = _LENGTH.search(head)
        if length is not None:
            return int(length[1])
        if int(head[9:12]) == _NOT_MODIFIED:
            return 0
        raise LoadError(f"port {self._port}: an answer without Content-Length")

    def _complete(self, line: _Line, status: int) -> None:
        load = self._load
        load.statuses[status] = load.statuses.get(status, 0) + 1
        if status in _OK:
            load.acknowledged.add(line.index)
            load.latencies.append((time.perf_counter() - line.since) * 1000)
            load.order.append(line.index)
        elif self._retry:
            self._waiting.append(line.index)
        else:
            raise LoadError(f"port {self._port} answered {status}")
        line.index = -1
        if self._rate is None and self._waiting:
            self._send(line, self._waiting.popleft())
        else:
            self._idle.append(line)

    def _broke(self, line: _Line, error: OSError) -> None:
        if not self._retry:
            raise LoadError(f"port {self._port}: {error}") from error
        self._load.broken += 1
        if line.index >= 0:
            self._waiting.append(line.index)
        self._drop(line)

    def _reconnect(self) -> None:
        while len(self._lines) < self._connections:
            try:
                self._connect()
            except OSError:
                self._load.broken += 1
                return

    def _connect(self) -> None:
        made = socket.create_connection(("127.0.0.1", self._port), timeout=10)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line = _Line(made)
        self._lines[made.fileno()] = line
        self._poll.register(made.fileno(), select.EPOLLIN)
        self._idle.append(line)

    def _drop(self, line: _Line) -> None:
        self._poll.unregister(line.socket.fileno())
        del self._lines[line.socket.fileno()]
        if line in self._idle:
            self._idle.remove(line)
        line.socket.close()
