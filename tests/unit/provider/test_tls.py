"""HTTPS: certificates are checked against the name although the address was chosen by us."""

from __future__ import annotations

import http.server
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from portal.provider import BRANDS, PhotoDownloader, ProviderClient
from portal.provider.errors import PhotoUnavailable, Unavailable
from tests.unit.provider.budget_doubles import FakeTime

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


def build_certificate(folder: Path, host: str = "localhost") -> Path:
    """A self-signed certificate for one host, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{host}.pem"
    path.write_bytes(
        built.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path


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
