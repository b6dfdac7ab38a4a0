"""The webhook endpoint: which requests are stored, and the responses to all others."""

from __future__ import annotations

import http.client
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from prometheus_client import REGISTRY
from werkzeug.test import TestResponse

from portal.app import create_app
from portal.domain.brands import BRANDS
from portal.models import rate_limits
from portal.services import deliveries
from portal.services.deliveries import WebhookReceiver
from tests.factories import NOW
from tests.integration.core.conftest import close_connections
from tests.integration.core.processes import build_environment, run_web
from tests.integration.core.signing import sign_headers
from tests.integration.core.worked_example import WorkedExample

PATH = "/webhooks/profilebakery"
BODY = json.dumps({"id": "evt_1", "event": "model.created", "object": {"_id": "m1", "status": "onboarding"}}).encode()
LARGEST = 256 * 1024


def post_webhook(app: Flask, body: bytes = BODY, path: str = PATH, **extra: Any) -> TestResponse:
    headers = sign_headers(body, NOW) + list(extra.pop("headers", []))
    return app.test_client().post(path, data=body, headers=headers, **extra)


def count_deliveries(worked_example: WorkedExample) -> int:
    [(count,)] = worked_example.query("SELECT count(*) FROM deliveries")
    return int(count)


def test_authentic_webhook_is_stored_with_minimal_response(worked_example: WorkedExample) -> None:
    response = post_webhook(worked_example.app)
    assert response.status_code == 200
    assert "Set-Cookie" not in response.headers
    assert response.location is None
    [(body, received_at)] = worked_example.query("SELECT body, received_at FROM deliveries")
    assert (body, received_at) == (BODY, NOW)
    assert len(worked_example.list_queued("deliveries.apply")) == 1


def test_duplicate_webhook_changes_nothing(worked_example: WorkedExample) -> None:
    assert [post_webhook(worked_example.app).status_code for _ in range(3)] == [200] * 3
    assert count_deliveries(worked_example) == 1
    assert len(worked_example.list_queued()) == 1


def test_signature_covers_the_raw_bytes(worked_example: WorkedExample) -> None:
    odd = b'{ "event":"x" ,\n "id": "\\u0065vt", "event": "model.created" }\n'
    assert post_webhook(worked_example.app, odd, content_type="text/plain").status_code == 200
    assert worked_example.query("SELECT body FROM deliveries") == [(odd,)]


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("X-ProfileBakery-Signature", "sha256=" + "0" * 64)],
        [("X-ProfileBakery-Signature", "sha256=" + "0" * 64), ("X-ProfileBakery-Timestamp", "1793610000")],
        [("X-ProfileBakery-Signature", ""), ("X-ProfileBakery-Timestamp", "")],
        [("X-ProfileBakery-Signature", "sha256=é"), ("X-ProfileBakery-Timestamp", "١٢٣")],
        [("X-ProfileBakery-Signature", "x" * 6000), ("X-ProfileBakery-Timestamp", "nan")],
        sign_headers(BODY, NOW, secret="another"),
        sign_headers(BODY, NOW, prefix="X-HeadshotPro"),
        sign_headers(BODY + b" ", NOW),
    ],
)
def test_forged_webhook_is_not_stored(worked_example: WorkedExample, headers: list[tuple[str, str]]) -> None:
    response = worked_example.app.test_client().post(PATH, data=BODY, headers=headers)
    assert response.status_code == 401
    assert "Set-Cookie" not in response.headers
    assert count_deliveries(worked_example) == 0
    assert worked_example.list_queued() == []


def test_many_wrong_signatures_are_rate_limited_and_valid_ones_pass(worked_example: WorkedExample) -> None:
    """Also from the same address: what is authentic is never counted."""
    client = worked_example.app.test_client()
    wrong = sign_headers(BODY, NOW, secret="somebody-elses")
    message = [client.post(PATH, data=BODY, headers=wrong).status_code for _ in range(70)]
    assert message[:60] == [401] * 60
    assert set(message[60:]) == {429}
    assert client.post(PATH, data=BODY, headers=wrong).headers["Retry-After"] == "60"
    other = client.post(PATH, data=BODY, headers=wrong, environ_overrides={"REMOTE_ADDR": "203.0.113.9"})
    assert other.status_code == 401
    assert client.post(PATH, data=BODY, headers=sign_headers(BODY, NOW)).status_code == 200
    assert count_deliveries(worked_example) == 1


def test_authentic_webhooks_are_not_rate_limited(worked_example: WorkedExample) -> None:
    worked_example.app.extensions["rate_limiter"] = None
    assert post_webhook(worked_example.app).status_code == 200


def test_rate_limited_webhooks_execute_few_statements(
    worked_example: WorkedExample, monkeypatch: pytest.MonkeyPatch
) -> None:
    requested: list[object] = []
    take, client = rate_limits.acquire_calls, worked_example.app.test_client()

    def record_call(*args: Any, **more: Any) -> int:
        requested.append(args)
        return take(*args, **more)

    monkeypatch.setattr(rate_limits, "acquire_calls", record_call)
    for _ in range(500):
        client.post(PATH, data=BODY)
    assert len(requested) <= 48 / 8 + 1


def test_authentic_unreadable_webhook_is_stored_as_dead(worked_example: WorkedExample) -> None:
    assert post_webhook(worked_example.app, b"not json").status_code == 200
    assert worked_example.query("SELECT state FROM deliveries") == [("dead",)]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_only_post_is_accepted(worked_example: WorkedExample, method: str) -> None:
    response = worked_example.app.test_client().open(PATH, method=method, headers=sign_headers(BODY, NOW), data=BODY)
    assert response.status_code == 405
    assert count_deliveries(worked_example) == 0


def test_compressed_bodies_are_refused(worked_example: WorkedExample) -> None:
    assert post_webhook(worked_example.app, headers=[("Content-Encoding", "gzip")]).status_code == 415
    assert post_webhook(worked_example.app, headers=[("Content-Encoding", "identity")]).status_code == 200


def test_largest_body(worked_example: WorkedExample) -> None:
    padded = json.dumps({"event": "model.created", "pad": ""})
    body = padded.replace('""', '"' + "x" * (LARGEST - len(padded)) + '"').encode()
    assert len(body) == LARGEST
    assert post_webhook(worked_example.app, body).status_code == 200
    too_large = body + b" "
    response = post_webhook(worked_example.app, too_large)
    assert response.status_code == 413
    assert "Set-Cookie" not in response.headers
    assert count_deliveries(worked_example) == 1


def test_the_other_brand_and_unknown_ones(worked_example: WorkedExample) -> None:
    response = post_webhook(worked_example.app, path="/webhooks/headshotpro")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "60")
    assert post_webhook(worked_example.app, path="/webhooks/other").status_code == 404
    assert count_deliveries(worked_example) == 0


def test_without_a_secret_nothing_is_accepted(database_url: str, portal_settings: Any) -> None:
    app = create_app(portal_settings(webhook_secrets=()), clock=lambda: NOW)
    with close_connections(app):
        for secret in ("", "test-webhook-secret"):
            headers = sign_headers(BODY, NOW, secret=secret)
            assert app.test_client().post(PATH, data=BODY, headers=headers).status_code == 503


def test_two_secrets_during_a_rotation(database_url: str, portal_settings: Any) -> None:
    app = create_app(portal_settings(webhook_secrets=("new-one", "old-one")), clock=lambda: NOW)
    with close_connections(app):
        for number, (secret, status) in enumerate({"old-one": 200, "new-one": 200, "older-one": 401}.items()):
            body = BODY.replace(b"evt_1", b"evt_%d" % number)
            headers = sign_headers(body, NOW, secret=secret)
            assert app.test_client().post(PATH, data=body, headers=headers).status_code == status


def test_use_of_an_older_secret_is_logged(worked_example: WorkedExample, caplog: pytest.LogCaptureFixture) -> None:
    receiver = WebhookReceiver(BRANDS["profilebakery"], ("new-one", "old-one"), "timestamped")
    message = []
    for secret in ("new-one", "old-one"):
        body = BODY.replace(b"evt_1", secret.encode())
        with caplog.at_level(logging.INFO, "portal.services.deliveries"):
            deliveries.store_delivery(receiver, body, sign_headers(body, NOW, secret=secret), now=NOW)
        message.append([(record.message, record.__dict__["secret_position"]) for record in caplog.records])
    assert message == [[], [("webhook.signed_with_old_secret", 2)]]
    assert "old-one" not in str([record.__dict__ for record in caplog.records])


def test_webhooks_are_counted_by_outcome(worked_example: WorkedExample) -> None:
    def counted() -> list[float]:
        results = ("stored", "duplicate", "rejected")
        return [REGISTRY.get_sample_value("portal_webhooks_total", {"result": each}) or 0 for each in results]

    before = counted()
    for headers in (sign_headers(BODY, NOW), sign_headers(BODY, NOW), sign_headers(BODY, NOW, secret="wrong")):
        worked_example.app.test_client().post(PATH, data=BODY, headers=headers)
    assert [now - then for now, then in zip(counted(), before, strict=True)] == [1, 1, 1]


def test_unavailable_database_returns_503_with_retry_after(portal_settings: Any) -> None:
    app = create_app(portal_settings(), clock=lambda: NOW)
    with close_connections(app):
        response = post_webhook(app)
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0
    assert "Set-Cookie" not in response.headers


def test_webhook_request_uses_no_session_and_no_csrf_token(worked_example: WorkedExample) -> None:
    client = worked_example.app.test_client()
    client.set_cookie(worked_example.app.config["SESSION_COOKIE_NAME"], "A" * 43)
    response = client.post(PATH, data=BODY, headers=sign_headers(BODY, NOW))
    assert response.status_code == 200
    assert "Set-Cookie" not in response.headers
    assert worked_example.query("SELECT count(*) FROM sessions") == [(0,)]


@pytest.fixture
def served(database_url: str, tmp_path: Path) -> Iterator[int]:
    with run_web(build_environment(database_url, tmp_path), tmp_path / "web.log") as (_, port):
        yield port


def test_through_the_real_server(served: int, database_url: str) -> None:
    """The server takes part in reading chunked bodies and parallel copies."""
    now = datetime.now(UTC)
    large = b'{"event":"' + b"x" * LARGEST + b'"}'
    assert send_chunked(served, large, now) == 413
    assert send_chunked(served, BODY, now) == 200
    fresh = BODY.replace(b"evt_1", b"evt_2")
    waiting = []
    for _ in range(50):
        connection = http.client.HTTPConnection("127.0.0.1", served, timeout=60)
        connection.request("POST", PATH, fresh, build_server_headers(fresh, now))
        waiting.append(connection)
    statuses = {connection.getresponse().status for connection in waiting}
    for connection in waiting:
        connection.close()
    assert statuses == {200}
    with psycopg.connect(database_url.replace("+psycopg", ""), connect_timeout=30) as database:
        assert database.execute("SELECT count(*) FROM deliveries").fetchall() == [(2,)]
        assert database.execute("SELECT count(*) FROM procrastinate_jobs").fetchall() == [(2,)]


def build_server_headers(body: bytes, at: datetime) -> dict[str, str]:
    return {"Host": "localhost", **dict(sign_headers(body, at))}


def send_chunked(port: int, body: bytes, at: datetime) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    pieces = (body[start : start + 65_536] for start in range(0, len(body), 65_536))
    try:
        connection.request("POST", PATH, pieces, build_server_headers(body, at), encode_chunked=True)
        return connection.getresponse().status
    except (BrokenPipeError, ConnectionResetError):
        # The server need not read what it refuses.
        return connection.getresponse().status
    finally:
        connection.close()
