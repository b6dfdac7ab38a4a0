"""`portal doctor` against parts that work and parts that do not."""

from __future__ import annotations

import base64
import http.server
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.postgres import Postgres
from portal.services.health import CheckResult, iterate_checks
from portal.settings import Settings

Build = Callable[..., Settings]


class _Outside(http.server.BaseHTTPRequestHandler):
    """An identity provider and a provider, as far as the doctor requests them."""

    clock_offset = 0

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string((timestamp or time.time()) + self.clock_offset)

    def do_GET(self) -> None:
        host = f"http://{self.headers['Host']}"
        responses = {
            "/.well-known/openid-configuration": {
                "issuer": host,
                "authorization_endpoint": f"{host}/authorize",
                "token_endpoint": f"{host}/token",
                "jwks_uri": f"{host}/jwks",
            },
            "/jwks": {"keys": []},
            "/api/v2/organization": {
                "success": True,
                "organization": {"_id": "1", "uid": "org-1", "name": "Example Company", "teams": []},
            },
        }
        body = json.dumps(responses.get(self.path, {})).encode()
        self.send_response(200 if self.path in responses else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        """Refuse the code, or before that the client if its secret is wrong."""
        self.rfile.read(int(self.headers["Content-Length"]))
        is_client = base64.b64decode(self.headers["Authorization"].split()[1]) == b"portal:test-oidc-secret"
        body = json.dumps({"error": "invalid_grant" if is_client else "invalid_client"}).encode()
        self.send_response(400 if is_client else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Stay quiet."""


@pytest.fixture
def outside() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Outside) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def list_results(settings: Settings) -> dict[str, CheckResult]:
    return {finding.component: finding for finding in iterate_checks(settings)}


def test_a_healthy_portal(portal_settings: Build, database_url: str, outside: str, tmp_path: Path) -> None:
    findings = list_results(portal_settings(oidc_issuer=outside, api_url=f"{outside}/api/v2"))
    assert all(finding.is_ok for finding in findings.values()), [str(each) for each in findings.values()]
    assert list(findings) == [
        "database", "connections", "storage", "sign-in", "provider", "clocks", "studio", "whitelabel", "webhooks",
        "signatures", "secrets",
    ]  # fmt: skip
    assert [name for name, finding in findings.items() if finding.is_warning] == ["whitelabel"]
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_every_failed_check_names_its_setting(portal_settings: Build, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    unset: dict[str, Any] = {"embed_origins": (), "photo_origins": (), "webhook_secrets": ()}
    findings = list_results(portal_settings(storage_url=f"file://{tmp_path / 'file' / 'photos'}", **unset))
    assert not any(finding.is_ok for finding in findings.values())
    for part, name in {
        "database": "DATABASE_URL",
        "storage": "STORAGE_URL",
        "sign-in": "OIDC_ISSUER",
        "provider": "HEADSHOT_API_KEY",
        "studio": "HEADSHOT_EMBED_ORIGINS",
        "webhooks": "HEADSHOT_WEBHOOK_SECRET",
    }.items():
        assert name in findings[part].text
    notified = "\n".join(str(finding) for finding in findings.values())
    assert "test-api-key" not in notified


def test_database_without_schema_reports_pending_migrations(portal_settings: Build, postgres: Postgres) -> None:
    empty = postgres.ensure_database("doctor_empty").replace("postgresql://", "postgresql+psycopg://")
    finding = list_results(portal_settings(database_url=empty))["database"]
    assert not finding.is_ok
    assert "portal migrate" in finding.text


def test_an_issuer_that_differs_by_a_slash_is_caught(portal_settings: Build, outside: str) -> None:
    finding = list_results(portal_settings(oidc_issuer=f"{outside}/"))["sign-in"]
    assert not finding.is_ok
    assert "OIDC_ISSUER must be exactly" in finding.text


def test_wrong_client_secret_is_distinguished_from_a_right_one(portal_settings: Build, outside: str) -> None:
    right = list_results(portal_settings(oidc_issuer=outside))["sign-in"]
    wrong = list_results(portal_settings(oidc_issuer=outside, oidc_client_secret="another-secret"))["sign-in"]
    assert (right.is_ok, wrong.is_ok) == (True, False)
    assert "client_refused, error invalid_client" in wrong.text
    assert "another-secret" not in wrong.text


def test_studio_origin_that_browsers_refuse_is_named(portal_settings: Build) -> None:
    settings = portal_settings(public_url="https://portal.example", embed_origins=("http://studio.example",))
    finding = list_results(settings)["studio"]
    assert not finding.is_ok
    assert "http://studio.example" in finding.text


def test_origins_that_browsers_read_differently_are_named(portal_settings: Build) -> None:
    finding = list_results(portal_settings(embed_origins=('http://a"b',)))["studio"]
    assert not finding.is_ok
    assert "different ways" in finding.text


@pytest.mark.parametrize(("offset", "text"), [(90, "90 s ahead"), (-7200, "7200 s behind")])
def test_clock_that_is_off_is_named(
    portal_settings: Build, outside: str, monkeypatch: pytest.MonkeyPatch, offset: int, text: str
) -> None:
    monkeypatch.setattr(_Outside, "clock_offset", offset)
    finding = list_results(portal_settings(oidc_issuer=outside, api_url=f"{outside}/api/v2"))["clocks"]
    assert not finding.is_ok
    # A busy machine may need some seconds between the server's look at its clock and the doctor's.
    number, rest = text.split(maxsplit=1)
    offsets = [int(found) for found in re.findall(rf"(\d+) {rest}", finding.text)]
    assert len(offsets) == 2, finding.text
    assert all(abs(offset - int(number)) <= 20 for offset in offsets), finding.text
    assert "this machine’s clock is probably wrong" in finding.text


def test_server_without_a_clock_is_left_out(portal_settings: Build, outside: str) -> None:
    finding = list_results(portal_settings(oidc_issuer="http://127.0.0.1:1", api_url=f"{outside}/api/v2"))["clocks"]
    assert finding.is_ok
    assert finding.text == "the studio is in time"
