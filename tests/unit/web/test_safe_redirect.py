"""Targets after signing in: pages of this site only, despite crafted links."""

from __future__ import annotations

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from portal.web.security.safe_redirect import parse_own_page, parse_page_path, parse_safe_path

FOREIGN_ADDRESSES = [
    None,
    "",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/%5cevil.example",
    "/%255cevil.example",
    "/%2f%2fevil.example",
    "/%2fevil.example",
    "/%252f%252fevil.example",
    "https:evil.example",
    "https://evil.example",
    "http://localhost@evil.example/",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,x",
    "headshots",
    "./headshots",
    "/./headshots",
    "/../headshots",
    "/%2e%2e/headshots",
    "/.//evil.example",
    "/headshots//evil.example",
    " /headshots",
    "/headshots ",
    "\t//evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/headshots\r\nSet-Cookie: x=y",
    "/headshots%0d%0aSet-Cookie:x",
    "/headshots%00",
    "/headshots\x00",
    "/headshots#x",
    "/hеadshots",
    "/headshots?" + "x" * 1024,
    "@evil.example",
    "/headshots\u2028",
]


@pytest.mark.parametrize("value", FOREIGN_ADDRESSES)
@pytest.mark.asvs("A24")
def test_address_that_could_lead_to_another_site_is_refused(value: str | None) -> None:
    assert parse_safe_path(value) is None


@pytest.mark.parametrize(
    "value", ["/", "/headshots", "/headshots/gallery?photo=7&compare=8", "/a?next=https://x.example/&b=c//d"]
)
def test_plain_path_is_taken(value: str) -> None:
    assert parse_safe_path(value) == value


@given(st.text(alphabet="/\\%.:@?#2fFeEcC5\t\n xh", max_size=20))
def test_accepted_path_starts_with_one_slash(value: str) -> None:
    taken = parse_safe_path(value)
    assert taken is None or (taken[0] == "/" and taken[1:2] not in {"/", "\\"})


@pytest.mark.parametrize(
    "value",
    [
        "/login",
        "/login?next=/headshots",
        "/login/callback?code=x",
        "/start",
        "/logout",
        "/headshots/status",
        "/headshots/events",
        "/headshots/start",
        "/photos/11111111-1111-1111-1111-111111111111/640.webp",
        "/healthz",
        "/metrics",
        "/brand.css",
        "/nowhere",
        "/webhooks/profilebakery",
    ],
)
def test_sign_in_returns_only_to_pages(value: str, app: Flask) -> None:
    with app.test_request_context():
        assert parse_page_path(value) is None


@pytest.mark.parametrize("value", ["/", "/privacy", "/headshots", "/headshots/gallery?photo=1", "/headshots/studio"])
def test_sign_in_returns_to_the_page(value: str, app: Flask) -> None:
    with app.test_request_context():
        assert parse_page_path(value) == value


def test_absolute_address_counts_only_with_our_own_origin(app: Flask) -> None:
    own = "https://portal.example"
    with app.test_request_context():
        assert parse_own_page("https://portal.example/privacy", own) == "/privacy"
        assert parse_own_page("/privacy", own) == "/privacy"
        assert parse_own_page("https://portal.example.evil.example/privacy", own) is None
        assert parse_own_page("http://portal.example/privacy", own) is None
        assert parse_own_page("https://portal.example//evil.example", own) is None
        assert parse_own_page(None, own) is None
