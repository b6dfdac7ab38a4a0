"""Open pages as browsers keep them: an EventSource that reconnects by itself and fetches the fragment at each event."""

from __future__ import annotations

import contextlib
import http.client
import threading
from dataclasses import dataclass, field
from types import TracebackType


@dataclass
class Address:
    """A platform's route: the port to which new connections go."""

    port: int


@dataclass
class OpenPage:
    """One open page; a thread plays its browser from ``with`` to the end of the block.

    Attributes:
        cookie: the session cookie.
        connected_to: the port its stream is connected to, None while it is between two.
        seen: fingerprint of the newest fragment it has.
        received: every event's data, in order.
    """

    address: Address
    cookie: str
    connected_to: int | None = None
    seen: str | None = None
    received: list[str] = field(default_factory=list)
    _retry: float = 3.0
    _ended: threading.Event = field(default_factory=threading.Event)
    _connection: http.client.HTTPConnection | None = None

    def __enter__(self) -> OpenPage:
        self._thread = threading.Thread(target=self._live)
        self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._ended.set()
        with contextlib.suppress(OSError, AttributeError):
            self._connection.sock.shutdown(2)
        self._thread.join(60)
        assert not self._thread.is_alive()

    def fetch_fragment(self) -> str | None:
        """Request the fragment, as the page's script does at each event."""
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.address.port, timeout=60)) as connection:
            connection.request("GET", "/headshots/status", headers={"Cookie": self.cookie, "Host": "localhost"})
            response = connection.getresponse()
            response.read()
            return response.headers["ETag"]

    def _live(self) -> None:
        while not self._ended.is_set():
            with contextlib.suppress(OSError, http.client.HTTPException):
                self._listen()
            self.connected_to = None
            self._ended.wait(self._retry)

    def _listen(self) -> None:
        port = self.address.port
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        with contextlib.closing(self._connection):
            headers = {"Cookie": self.cookie, "Host": "localhost", "Accept": "text/event-stream"}
            self._connection.request("GET", "/headshots/events", headers=headers)
            response = self._connection.getresponse()
            while line := response.readline():
                name, _, value = line.decode().strip().partition(": ")
                if name == "retry":
                    self._retry = int(value) / 1000
                elif name == "data":
                    self.seen = self.fetch_fragment()
                    self.received.append(value)
                    self.connected_to = port
