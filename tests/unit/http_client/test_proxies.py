"""One rule for the proxy of outbound calls: the provider's API, photos and the identity provider follow it alike."""

from __future__ import annotations

import base64
import http.server
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests

from portal.http_client.adapter import ResponseTooLarge, build_session
from portal.http_client.proxies import find_ca_bundle, find_proxy
from portal.provider import BRANDS, PhotoDownloader, ProviderClient
from portal.provider.errors import Unavailable
from tests.unit.provider.budget_doubles import FakeTime
from tests.unit.provider.certificates import build_certificate

JPEG = b"\xff\xd8\xff\xe0" + b"\x00" * 50

HOST = "api.studio.example"


@dataclass
class TunnelProxy:
    """A proxy that supports CONNECT only and leads every host to one TLS server on this machine."""

    target: int
    requests: list[tuple[str, str]] = field(default_factory=list)
    refuses: bool = False

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._tunnel, args=(client,), daemon=True).start()

    def _tunnel(self, client: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(4096)
        line, *headers = head.decode().split("\r\n")
        credentials = next((text.partition(": ")[2] for text in headers if text.lower().startswith("proxy-auth")), "")
        self.requests.append((line.split()[1], credentials))
        if self.refuses:
            client.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n")
            client.close()
            return
        with client, socket.create_connection(("127.0.0.1", self.target)) as server:
            client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            back = threading.Thread(target=_copy, args=(server, client), daemon=True)
            back.start()
            _copy(client, server)
            back.join()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        is_photo = self.path == "/p"
        body = JPEG if is_photo else b'{"success": true, "credits": 3}'
        self.send_response(200)
        self.send_header("Content-Type", "image/jpeg" if is_photo else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TunnelProxy]:
    """A running proxy in HTTPS_PROXY, with a TLS server for HOST behind it."""
    certificate = build_certificate(tmp_path, HOST)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.daemon_threads = True
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        made = TunnelProxy(server.server_port)
        for name in ("https_proxy", "NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("HTTPS_PROXY", f"http://ann:p%40ss@127.0.0.1:{made.port}")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        yield made
        made.close()
        server.shutdown()
        thread.join()


def request_with_client() -> object:
    time = FakeTime()
    url = f"https://{HOST}/api/v2"
    client = ProviderClient(BRANDS["headshotpro"], "k", url, clock=time.clock, sleep=time.sleep)
    try:
        return client.get_credits()
    finally:
        client.close()


def download_photo() -> object:
    return PhotoDownloader([f"https://{HOST}"]).download(f"https://{HOST}/p").content


def request_with_session() -> object:
    with build_session(total_s=60, byte_cap=1000) as session:
        return session.get(f"https://{HOST}/").json()["credits"]


@pytest.mark.parametrize(
    ("call", "expected"),
    [(request_with_client, 3), (download_photo, JPEG), (request_with_session, 3)],
    ids=["provider", "photo", "session"],
)
def test_every_https_call_uses_the_proxy(call: Callable[[], object], expected: object, proxy: TunnelProxy) -> None:
    assert call() == expected
    credentials = "Basic " + base64.b64encode(b"ann:p@ss").decode()
    assert proxy.requests == [(f"{HOST}:443", credentials)]


def test_refusal_by_the_proxy_is_an_unavailable_provider(proxy: TunnelProxy) -> None:
    proxy.refuses = True
    with pytest.raises(Unavailable):
        request_with_client()


def test_no_proxy_exempts_a_host(proxy: TunnelProxy, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_proxy(f"https://{HOST}/") is not None
    monkeypatch.setenv("NO_PROXY", ".studio.example")
    assert find_proxy(f"https://{HOST}/") is None


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:5001/", "https://localhost:5001/", "https://[::1]/", "http://x.example"]
)
def test_calls_to_this_machine_and_plain_http_never_use_a_proxy(url: str, proxy: TunnelProxy) -> None:
    assert find_proxy(url) is None


def test_address_without_a_scheme_is_an_http_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "proxy.example:3128")
    monkeypatch.delenv("https_proxy", raising=False)
    assert find_proxy("https://x.example/") == "http://proxy.example:3128"


def test_response_over_the_cap_names_its_status(proxy: TunnelProxy) -> None:
    with build_session(total_s=60, byte_cap=10) as session, pytest.raises(ResponseTooLarge) as caught:
        session.get(f"https://{HOST}/")
    assert isinstance(caught.value, requests.RequestException)
    assert caught.value.response is not None
    assert caught.value.response.status_code == 200


def test_ca_bundle_is_the_one_of_certifi_unless_one_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    assert find_ca_bundle().endswith("cacert.pem")
