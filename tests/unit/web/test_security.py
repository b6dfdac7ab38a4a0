"""The headers of every response, and the accepted host names."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, render_template_string, request
from flask.testing import FlaskClient

from tests.markup import remove_random_values

# One of each kind: page, error, redirect, JSON, picture, refused method, machine.
PATHS = ["/", "/privacy", "/nowhere", "/headshots", "/headshots/status", "/brand.css", "/logout", "/healthz"]


def parse_directives(policy: str) -> dict[str, str]:
    return {part.split(" ")[0]: part.partition(" ")[2] for part in policy.split("; ")}


@pytest.mark.parametrize("path", PATHS)
def test_every_response_has_security_headers(path: str, client: FlaskClient) -> None:
    headers = client.get(path).headers
    policy = parse_directives(headers["Content-Security-Policy"])
    assert policy["default-src"] == "'self'"
    assert re.fullmatch(r"'self' 'nonce-[\w-]{22}'", policy["script-src"])
    assert policy["object-src"] == policy["frame-src"] == policy["frame-ancestors"] == "'none'"
    assert policy["base-uri"] == "'none'"
    assert policy["form-action"] == "'self'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] in {"same-origin", "no-referrer"}
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Permissions-Policy"].startswith("camera=(), ")
    assert "microphone=()" in headers["Permissions-Policy"]
    assert len(headers["X-Request-ID"]) == 32
    assert "Access-Control-Allow-Origin" not in headers
    assert "Strict-Transport-Security" not in headers


@pytest.mark.parametrize("path", ["/", "/privacy", "/nowhere", "/headshots", "/healthz"])
@pytest.mark.asvs("A60")
def test_pages_are_not_kept(path: str, client: FlaskClient) -> None:
    assert client.get(path).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost", "http://localhost:1", "*"])
def test_null_origin_is_refused(origin: str, client: FlaskClient) -> None:
    for path in ("/", "/headshots/status", "/healthz"):
        response = client.get(path, headers={"Origin": origin})
        assert not [name for name, _value in response.headers if name.startswith("Access-Control")]


def test_nonce_is_new_each_time_and_the_same_within_a_page(app: Flask) -> None:
    app.view_functions["pages.show_landing"] = lambda: render_template_string("{{ csp_nonce() }} {{ csp_nonce() }}")
    client = app.test_client()
    first, second = client.get("/"), client.get("/")
    one, same = first.text.split()
    assert one == same
    assert f"'nonce-{one}'" in first.headers["Content-Security-Policy"]
    assert one not in second.text


@pytest.mark.asvs("A16", "A48")
def test_https_portal_insists_on_it(make_app: Callable[..., Flask]) -> None:
    client = make_app(public_url="https://portal.example").test_client()
    headers = client.get("/", base_url="https://portal.example").headers
    assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert "upgrade-insecure-requests" in headers["Content-Security-Policy"]


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1", "", "localhost@evil"])
@pytest.mark.asvs("A47")
def test_foreign_host_is_refused_with_the_right_address(host: str, client: FlaskClient) -> None:
    response = client.get("/", headers={"Host": host})
    assert response.status_code == 400
    assert '<a href="http://localhost">' in response.text
    assert "evil" not in remove_random_values(response.text)
    assert "Content-Security-Policy" in response.headers


@pytest.mark.parametrize("host", ["10.1.2.3:8000", "[fd00::1]:8000", "web-1.internal", ""])
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_are_accepted_for_any_host(path: str, host: str, client: FlaskClient) -> None:
    assert client.get(path, headers={"Host": host}).status_code == {"/healthz": 200, "/readyz": 503}[path]


def test_two_proxies_each_add_an_address(make_app: Callable[..., Flask]) -> None:
    app = make_app(public_url="https://portal.example", trusted_proxies=2)
    app.view_functions["ops.show_liveness"] = describe_request
    sent = {"X-Forwarded-For": "6.6.6.6, 9.9.9.9, 10.0.0.1", "X-Forwarded-Proto": "https"}
    response = app.test_client().get("/healthz", base_url="http://portal.example", headers=sent)
    assert response.json == {"address": "9.9.9.9", "url": "https://portal.example/healthz"}


def test_any_port_of_the_portals_host_counts_as_the_portal(client: FlaskClient) -> None:
    assert client.get("/healthz", headers={"Host": "localhost:8000"}).status_code == 200


class TestBehindOneRouter:
    """On a platform, with exactly one router in front."""

    @pytest.fixture
    def client(self, make_app: Callable[..., Flask]) -> FlaskClient:
        app = make_app(public_url="https://portal.example", trusted_proxies=1)
        app.view_functions["ops.show_liveness"] = describe_request
        return app.test_client()

    def get(self, client: FlaskClient, path: str, **headers: str) -> Any:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return client.get(path, base_url="http://portal.example", headers=sent)

    def test_page_redirects_to_https_and_keeps_its_query(self, client: FlaskClient) -> None:
        response = self.get(client, "/privacy?a=b", X_Forwarded_Proto="http")
        assert (response.status_code, response.headers["Location"]) == (308, "https://portal.example/privacy?a=b")
        assert self.get(client, "/privacy", X_Forwarded_Proto="http").headers["Location"].endswith("/privacy")

    def test_machine_request_is_not_redirected(self, client: FlaskClient) -> None:
        assert self.get(client, "/healthz").status_code == 200
        posted = client.post("/webhooks/profilebakery", base_url="http://portal.example")
        assert posted.status_code == 401

    def test_only_the_last_forwarded_value_counts(self, client: FlaskClient) -> None:
        response = self.get(
            client,
            "/healthz",
            X_Forwarded_For="6.6.6.6, 9.9.9.9",
            X_Forwarded_Proto="http, https",
            X_Forwarded_Host="evil.example",
            X_Forwarded_Port="1",
            X_Forwarded_Prefix="/evil",
            Forwarded="for=6.6.6.6;host=evil.example",
        )
        assert response.json == {"address": "9.9.9.9", "url": "https://portal.example/healthz"}

    def test_valid_request_id_header_is_used(self, client: FlaskClient) -> None:
        good = "0a1b2c3d-4e5f-6789-abcd-ef0123456789"
        assert self.get(client, "/healthz", X_Request_ID=good).headers["X-Request-ID"] == good
        assert "<" not in self.get(client, "/healthz", X_Request_ID="<script>").headers["X-Request-ID"]


def describe_request() -> dict[str, Any]:
    return {"address": request.remote_addr, "url": request.url}


@pytest.mark.asvs("A45")
def test_without_a_platform_nothing_forwarded_counts(app: Flask) -> None:
    app.view_functions["ops.show_liveness"] = describe_request
    headers = {"X-Forwarded-For": "6.6.6.6", "X-Forwarded-Proto": "https", "X-Request-ID": "a" * 32}
    response = app.test_client().get("/healthz", headers=headers)
    assert response.json == {"address": "127.0.0.1", "url": "http://localhost/healthz"}
    assert response.headers["X-Request-ID"] != "a" * 32
