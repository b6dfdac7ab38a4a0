"""A web process that is stopping completes open requests and does not wait for idle connections."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from demo import readiness
from demo.children import Child, stop_all
from demo.ports import Ports

TOP = Path(__file__).parents[3]
# Less than the 20 that gunicorn would wait for a silent connection; nothing here needs more than a few.
END_SECONDS = 18.0
APP = """
import time

from portal.web.live.hub import Hub

class App:
    extensions = {"hub": Hub("postgresql://")}

    def __call__(self, environ, start_response):
        if environ["PATH_INFO"] == "/slow":
            time.sleep(2)
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]

application = App()
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[Child, int]]:
    """The portal's own gunicorn settings around an application that does next to nothing."""
    (tmp_path / "little.py").write_text(APP)
    port = Ports.find_free().portal
    environment = os.environ | {"BIND": f"127.0.0.1:{port}", "PYTHONPATH": str(tmp_path), "WEB_CONCURRENCY": "1"}
    child = Child(name="web", argv=[sys.executable, "-m", "gunicorn", "little"], env=environment,
                  log=tmp_path / "web.log", cwd=TOP)  # fmt: skip
    child.start()
    try:
        child.wait_until(lambda: readiness.is_serving(f"http://127.0.0.1:{port}/"), seconds=60)
        yield child, port
    finally:
        stop_all([child], seconds=0)


def test_shutdown_finishes_requests_and_closes_idle_connections(
    server: tuple[Child, int],
) -> None:
    child, port = server
    idle, busy = HTTPConnection("127.0.0.1", port, timeout=60), HTTPConnection("127.0.0.1", port, timeout=60)
    idle.request("GET", "/")
    assert idle.getresponse().read() == b"ok"
    busy.request("GET", "/slow")
    address = ("127.0.0.1", port)
    with socket.create_connection(address, 30) as silent, socket.create_connection(address, 30) as started:
        started.sendall(b"GET / HTTP/1.1\r\nHo")
        started_at = time.monotonic()
        child.request_stop()
        started.sendall(b"st: x\r\n\r\n")
        response = busy.getresponse()
        assert (response.status, response.read()) == (200, b"ok")
        assert started.recv(1000).startswith(b"HTTP/1.1 200 OK")
        assert silent.recv(1) == b""
        child.wait_for_end(seconds=60)
    assert time.monotonic() - started_at < END_SECONDS
    assert "error" not in child.log.read_text().lower()
    idle.close()
    busy.close()
