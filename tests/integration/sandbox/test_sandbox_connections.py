"""A client that resets its connection leaves no file of the sandbox open."""

from __future__ import annotations

import gc
import socket
import struct
import sys
from typing import Any

import pytest

from sandbox.testing import start_sandbox

REQUEST = b"GET /studio/static/mark.svg HTTP/1.1\r\nHost: localhost\r\n\r\n"
# With a pause of zero seconds, closing the connection resets it.
RESET = struct.pack("ii", 1, 0)


def test_file_is_closed_when_the_client_resets_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    left_open: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda found: left_open.append(found.exc_value))
    with start_sandbox() as sandbox:
        port = int(sandbox.base_url.rpartition(":")[2])
        for _ in range(20):
            client = socket.create_connection(("127.0.0.1", port), timeout=60)
            client.sendall(REQUEST)
            assert client.recv(12) == b"HTTP/1.1 200"
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            client.close()
    gc.collect()
    assert left_open == []
