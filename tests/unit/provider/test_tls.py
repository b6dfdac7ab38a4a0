"""HTTPS: certificates are checked against the name although the address was chosen by us."""

from __future__ import annotations

import http.server
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.provider import BRANDS, PhotoDownloader, ProviderClient
from portal.provider.errors import PhotoUnavailable, Unavailable
from tests.unit.provider.budget_doubles import FakeTime
from tests.unit.provider.certificates import build_certificate

JPEG = b"\xff\xd8\xff\xe0" + b"\x00" * 50


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "image/jpeg")
        self.end_headers()
        self.wfile.write(JPEG)

    def log_message(self, *_args: object) -> None:
        pass


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_args: object) -> None:
        """Refused handshakes are the point."""


@pytest.fixture
def trusted(tmp_path: Path) -> Path:
    return build_certificate(tmp_path)


@pytest.fixture
def port(trusted: Path) -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trusted)
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_a_trusted_certificate_for_the_name(port: int, trusted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(trusted))
    origin = f"https://localhost:{port}"
    assert PhotoDownloader([origin]).download(f"{origin}/p").content == JPEG


def test_a_trusted_certificate_for_another_name(port: int, trusted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(trusted))
    origin = f"https://127.0.0.1:{port}"
    with pytest.raises(PhotoUnavailable):
        PhotoDownloader([origin]).download(f"{origin}/p")


def test_an_unknown_certificate(port: int) -> None:
    origin = f"https://localhost:{port}"
    with pytest.raises(PhotoUnavailable):
        PhotoDownloader([origin]).download(f"{origin}/p")
    time = FakeTime()
    client = ProviderClient(BRANDS["headshotpro"], "k", f"{origin}/api/v2", clock=time.clock, sleep=time.sleep)
    with pytest.raises(Unavailable):
        client.get_credits()
