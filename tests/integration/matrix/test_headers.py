"""The security headers of every response of every route, errors included, as a browser interprets them."""

from __future__ import annotations

import re

import pytest
from werkzeug.test import TestResponse

from tests.integration.matrix.directory_fixture import IN_STUDIO, STUDIO, DirectoryFixture
from tests.integration.matrix.recorded_responses import Recorder
from tests.integration.matrix.table import ANONYMOUS, Kind, list_routes

FOREIGN_ORIGINS = (
    "https://evil.example",
    "null",
    "https://portal.example.evil.example",
    "http://portal.example",
    "https://studio.example",
)
_NONCE = re.compile(r"'nonce-([\w-]{22})'")
_YEAR = 31_536_000
# Event streams are UTF-8 regardless of their header.
_TEXT = (
    "text/html",
    "text/plain",
    "text/css",
    "text/javascript",
    "application/json",
    "application/javascript",
    "image/svg",
)


def parse_policy(response: TestResponse) -> dict[str, list[str]]:
    """Read a Content-Security-Policy the way browsers do: the first of two directives of one name counts."""
    (text,) = response.headers.getlist("Content-Security-Policy")
    found: dict[str, list[str]] = {}
    for part in text.split(";"):
        name, *values = part.split()
        assert name not in found, f"{name} twice"
        found[name] = values
    return found


@pytest.mark.parametrize("name", [ANONYMOUS, "employee", "admin", IN_STUDIO])
@pytest.mark.asvs("A19", "A21")
def test_security_headers_on_every_response(name: str, recorded: Recorder) -> None:
    for route, response in recorded(name).responses:
        where = f"{route or response.request.path}"
        headers = response.headers
        assert "; includeSubDomains" in headers["Strict-Transport-Security"], where
        assert int(headers["Strict-Transport-Security"].split("=")[1].split(";")[0]) >= _YEAR
        assert headers["X-Content-Type-Options"] == "nosniff", where
        # The tile stands in mails, which webmail shows on a site of its own.
        is_in_mails = response.request.path == "/brand/tile.png"
        assert headers["Cross-Origin-Resource-Policy"] == ("cross-origin" if is_in_mails else "same-origin"), where
        policy = parse_policy(response)
        assert policy["frame-ancestors"] == ["'none'"], where
        assert set(policy["default-src"]) <= {"'self'", "'none'"}, where
        assert not [part for part in headers if part[0].startswith("Access-Control")], where
        assert "Server" not in headers
        assert "X-Powered-By" not in headers


@pytest.mark.parametrize("name", [ANONYMOUS, "employee", "admin", IN_STUDIO])
@pytest.mark.asvs("A18")
def test_what_pages_may_load_and_do(name: str, recorded: Recorder) -> None:
    nonces = set()
    for route, response in recorded(name).responses:
        if route is not None and route.row.kind is Kind.ASSET and route.endpoint == "static":
            continue  # judged below
        if (route is not None and route.endpoint == "webhooks.receive_webhook") or "webhooks" in response.request.path:
            assert parse_policy(response)["default-src"] == ["'none'"] or response.status_code == 405
            continue
        policy, where = parse_policy(response), f"{route or response.request.path}"
        is_studio = route is not None and route.rule == "/headshots/studio"
        assert policy["object-src"] == ["'none'"], where
        assert policy["base-uri"] == ["'none'"], where
        assert policy["frame-src"] == ([STUDIO] if is_studio else ["'none'"]), where
        assert policy["form-action"] == ["'self'"], where
        for loaded in ("script-src", "style-src"):
            own, nonce = policy[loaded]
            assert own == "'self'"
            assert _NONCE.fullmatch(nonce)
        assert "unsafe" not in response.headers["Content-Security-Policy"], where
        assert "*" not in response.headers["Content-Security-Policy"], where
        assert response.headers["Referrer-Policy"] in {"no-referrer", "same-origin"}, where
        assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin", where
        camera = response.headers["Permissions-Policy"].partition(", ")[0]
        assert camera == (f'camera=(self "{STUDIO}")' if is_studio else "camera=()"), where
        (nonce,) = set(_NONCE.findall(response.headers["Content-Security-Policy"]))
        assert nonce not in nonces, "a nonce is good for one answer"
        nonces.add(nonce)


@pytest.mark.asvs("A23")
def test_file_opened_directly_executes_nothing(directory: DirectoryFixture) -> None:
    version = directory.app.static_url_path
    for path in (f"{version}/css/tokens.css", f"{version}/js/live.js"):
        response = directory.actor(ANONYMOUS).call("GET", path)
        policy = parse_policy(response)
        assert policy.keys() == {"default-src", "style-src", "frame-ancestors"}
        assert policy["default-src"] == ["'none'"]
        assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
@pytest.mark.asvs("A17")
def test_no_other_origin_may_read_a_response(origin: str, directory: DirectoryFixture) -> None:
    actor = directory.actor("employee")
    requested = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "X-CSRFToken",
    }
    for route in list_routes(directory.app):
        for method in {route.method, "OPTIONS"} - {"POST"}:
            response = actor.call(method, actor.path(route), headers=requested)
            found = [name for name, _value in response.headers if name.lower().startswith("access-control")]
            assert not found, f"{method} {route.rule}"


@pytest.mark.parametrize("name", [ANONYMOUS, "employee", "admin", IN_STUDIO])
def test_status_and_caching_of_responses(name: str, recorded: Recorder) -> None:
    for route, response in recorded(name).responses:
        where, kept = f"{route or response.request.path}", response.headers.get("Cache-Control", "")
        kind = response.headers.get("Content-Type", "")
        if kind.startswith(_TEXT) and response.status_code != 304:
            assert "charset=utf-8" in kind.lower().replace('"', "") or kind.startswith("application/json"), (
                f"{where}: {kind}"
            )
        is_asset = route is not None and route.row.kind is Kind.ASSET
        if is_asset:
            assert "Set-Cookie" not in response.headers, where
            assert "Cookie" not in response.headers.get("Vary", ""), where
            continue
        if route is not None and route.row.kind is Kind.DOWNLOAD and response.status_code == 200:
            assert kept == "private, no-store", where
            assert response.headers["Content-Disposition"].startswith("attachment; "), where
            assert not kind.startswith(("text/html", "image/svg")), f"{where}: {kind}"
            continue
        assert kept in {"no-store", "private, no-cache"}, f"{where}: {kept}"
        if kept != "no-store":
            assert route is not None
            assert route.row.kind is Kind.FETCHED
            assert "Cookie" in response.headers["Vary"], where
        elif kind.startswith("text/html") and response.status_code == 200:
            assert "Cookie" in response.headers["Vary"], where
        if route is not None and route.row.kind is Kind.MACHINE:
            assert "Set-Cookie" not in response.headers, where


@pytest.mark.asvs("A02")
def test_cookies_are_inaccessible_to_scripts_and_other_sites(recorded: Recorder) -> None:
    """Every cookie any route sets: the whole site's own, for no script, no other site and no plain connection."""
    seen = set()
    for name in (ANONYMOUS, "employee"):
        for route, response in recorded(name).responses:
            for cookie in response.headers.getlist("Set-Cookie"):
                title, *attributes = [part.strip() for part in cookie.split(";")]
                seen.add(title.partition("=")[0])
                assert title.startswith("__Host-"), route
                assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(attributes), f"{route}: {cookie}"
                assert not [each for each in attributes if each.startswith("Domain")]
                assert len(cookie) < 4096
    assert "__Host-portal-browser" in seen


@pytest.mark.asvs("A60")
def test_signing_out_clears_what_the_browser_keeps(directory: DirectoryFixture) -> None:
    actor = directory.actor("employee")
    response = actor.call("POST", "/logout", form={"csrf_token": actor.token()})
    assert {part.strip(' "') for part in response.headers["Clear-Site-Data"].split(",")} == {"cache", "storage"}
