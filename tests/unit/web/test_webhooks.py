"""The webhook middleware in front of Flask: what it accepts, what it passes on, and its responses."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from portal.services import deliveries
from portal.web import webhook_middleware, webhooks

PATH = "/webhooks/profilebakery"


def call_app(app: Flask, body: bytes = b"{}", **environ: Any) -> tuple[str, dict[str, str], bytes]:
    """Call the app as a server does, with exactly this environment."""
    requested: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": PATH,
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        "wsgi.url_scheme": "http",
        "wsgi.version": (1, 0),
        **environ,
    }
    responded: list[Any] = []
    pieces = app(requested, lambda status, headers, *_: responded.extend((status, dict(headers))))
    content = b"".join(pieces)
    if hasattr(pieces, "close"):
        pieces.close()
    return responded[0], responded[1], content


def test_refused_request_has_security_headers_request_id_and_no_cookie(app: Flask) -> None:
    status, headers, content = call_app(app)
    assert (status, content) == ("401 Unauthorized", b"the signature does not match\n")
    assert headers["Content-Length"] == str(len(content))
    assert headers["Content-Type"].startswith("text/plain")
    assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert len(headers["X-Request-ID"]) == 32
    assert not {"Set-Cookie", "Vary", "Strict-Transport-Security"} & set(headers)


def test_request_is_logged_like_every_other(app: Flask, capsys: pytest.CaptureFixture[str]) -> None:
    _, headers, _ = call_app(app, HTTP_X_PROFILEBAKERY_SIGNATURE="sha256=canary")
    written = capsys.readouterr().out
    lines = [json.loads(line) for line in written.splitlines()]
    # Without a database the rejection is not counted, and refused all the same.
    events = ["webhook.rejected", "webhook.rejection_not_counted", "request.completed"]
    assert [line["message"] for line in lines] == events
    assert {line["request_id"] for line in lines} == {headers["X-Request-ID"]}
    assert (lines[-1]["method"], lines[-1]["route"], lines[-1]["status"]) == ("POST", PATH, 401)
    assert "canary" not in written


def test_https_is_remembered_where_it_is_used(make_app: Callable[..., Flask]) -> None:
    app = make_app(public_url="https://portal.example")
    _, headers, _ = call_app(app, HTTP_HOST="portal.example")
    assert headers["Strict-Transport-Security"].startswith("max-age=")


def test_only_a_platforms_router_names_the_request(app: Flask, make_app: Callable[..., Flask]) -> None:
    given = "0a1b2c3d-4e5f-6789-abcd-ef0123456789"
    assert call_app(app, HTTP_X_REQUEST_ID=given)[1]["X-Request-ID"] != given
    behind_proxy = make_app(trusted_proxies=1)
    assert call_app(behind_proxy, HTTP_X_REQUEST_ID=given)[1]["X-Request-ID"] == given
    assert "\n" not in call_app(behind_proxy, HTTP_X_REQUEST_ID="a\nb: c12345")[1]["X-Request-ID"]


@pytest.mark.parametrize(
    ("environ", "status"),
    [
        ({"HTTP_HOST": "evil.example"}, 400),
        ({"HTTP_HOST": "localhost.evil.example"}, 400),
        ({"REQUEST_METHOD": "GET"}, 405),
        ({"PATH_INFO": "/webhooks/nobody"}, 404),
    ],
)
def test_other_requests_are_passed_to_flask(app: Flask, environ: dict[str, str], status: int) -> None:
    response, headers, _ = call_app(app, **environ)
    assert response.startswith(str(status))
    assert "nonce-" in headers["Content-Security-Policy"]


def test_a_port_behind_the_host_is_no_other_host(app: Flask) -> None:
    assert call_app(app, HTTP_HOST="localhost:8000")[2] == b"the signature does not match\n"


def test_behind_another_prefix_flask_responds_the_same(app: Flask) -> None:
    status, headers, content = call_app(app, SCRIPT_NAME="/portal")
    assert (status[:3], content) == ("401", b"the signature does not match\n")
    assert "nonce-" in headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("body", "length", "status"),
    [
        (b"half of it", "600", 400),
        (b"", str(webhooks.MAX_BODY_BYTES + 1), 413),
        (b"", "nonsense", 401),
    ],
)
@pytest.mark.asvs("A46")
def test_length_and_body_have_to_agree(app: Flask, body: bytes, length: str, status: int) -> None:
    assert call_app(app, body, CONTENT_LENGTH=length)[0].startswith(str(status))


def test_body_in_chunks_is_read_to_its_end_or_the_limit(app: Flask) -> None:
    largest = b"x" * webhooks.MAX_BODY_BYTES
    chunked: dict[str, Any] = {"CONTENT_LENGTH": "", "wsgi.input_terminated": True}
    assert call_app(app, largest, **chunked)[0].startswith("401")
    assert call_app(app, largest + b"x", **chunked)[0].startswith("413")


def test_an_internal_error_is_a_500_without_details(
    app: Flask, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_arguments: Any, **_more: Any) -> None:
        raise RuntimeError("broken inside")

    monkeypatch.setattr(deliveries, "store_delivery", fail)
    status, _, content = call_app(app)
    assert status == "500 Internal Server Error"
    assert b"inside" not in content
    assert "RuntimeError" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("environ", "status"),
    [({}, "401"), ({"HTTP_CONTENT_ENCODING": "gzip"}, "415"), ({"CONTENT_LENGTH": "999999"}, "413")],
)
def test_ordinary_view_gives_the_same_responses_as_the_middleware(
    app: Flask, make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], status: str
) -> None:
    monkeypatch.setattr(webhook_middleware, "init_app", lambda _app: None)
    ordinary = call_app(make_app(), **environ)
    fast = call_app(app, **environ)
    assert fast[0].startswith(status)
    assert ordinary[0].startswith(status)
    assert ordinary[2] == fast[2]
    assert ordinary[1].get("Retry-After") == fast[1].get("Retry-After")
