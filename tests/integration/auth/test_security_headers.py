"""Security headers of a signed-in person's pages: the studio's frame and camera, and logs of a refused call."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from portal.models.audit import AuditEntry
from portal.web.security.access import RULES
from portal.web.security.rate_limits import RateLimiter
from tests.architecture.addresses import iterate_requests
from tests.integration.auth.actors import Browser, MovableClock

ORIGIN = "http://127.0.0.1:1"


def test_only_the_studio_grants_the_camera_to_the_configured_origin(browser: Browser) -> None:
    browser.sign_in()
    studio, page = browser.get("/headshots/studio").headers, browser.get("/headshots/consent").headers
    assert studio["Permissions-Policy"].startswith(f'camera=(self "{ORIGIN}"), ')
    assert f"frame-src {ORIGIN};" in studio["Content-Security-Policy"]
    assert page["Permissions-Policy"].startswith("camera=(), ")
    assert "frame-src 'none';" in page["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/headshots", "/headshots/studio", "/headshots/consent", "/headshots/gallery"])
def test_pages_of_a_person_are_not_kept_and_differ_by_cookie(path: str, browser: Browser) -> None:
    browser.sign_in()
    headers = browser.get(path).headers
    assert headers["Cache-Control"] == "no-store"
    assert "Cookie" in headers["Vary"]


def test_cross_site_request_is_refused_and_audited(
    browser: Browser, app: Flask, audit: Callable[[str], list[AuditEntry]]
) -> None:
    browser.sign_in()
    kept = [call for call in iterate_requests(app) if RULES[call.endpoint].right and call.method == "GET"]
    assert kept
    for call in kept:
        response = browser.get(call.path)
        assert response.status_code == 403, call
        assert "You don’t have access" in (response.json["message"] if response.is_json else response.text)
    recorded = audit("access")
    assert [entry.detail["endpoint"] for entry in recorded] == [call.endpoint for call in kept]
    assert {entry.result for entry in recorded} == {"denied"}
    assert None not in {entry.actor_id for entry in recorded}


@pytest.mark.asvs("A44")
def test_person_over_the_rate_limit_gets_a_retry_time_and_others_are_not_limited(
    browser: Browser, other_browser: Browser, clock: MovableClock
) -> None:
    browser.sign_in()
    browser.provider.person = {"sub": "bob", "email": "bob@example.com", "name": "Bob"}
    other_browser.sign_in()
    statuses = [browser.post("/headshots/start").status_code for _ in range(70)]
    assert statuses == [400] * 60 + [429] * 10
    page = browser.post("/logout")
    assert page.status_code == 429
    assert 0 < int(page.headers["Retry-After"]) <= 60
    assert "Wait a minute, then try again." in page.text
    assert browser.get("/headshots/consent").status_code == 200, "looking is no acting"
    assert other_browser.post("/headshots/start").status_code == 400
    clock.move(minutes=1)
    assert browser.post("/headshots/start").status_code == 400


def test_pictures_that_are_fetched_far_too_often_are_refused_as_json(browser: Browser) -> None:
    browser.sign_in()
    path = "/photos/11111111-1111-1111-1111-111111111111/640.webp"
    browser.client.application.extensions["rate_limiter"] = RateLimiter(lambda *_: 0)
    statuses = [browser.get(path).status_code for _ in range(601)]
    assert statuses == [404] * 600 + [429]
    response = browser.get(path)
    assert response.headers["Retry-After"] == "1"
    assert response.json["error"] == "too_many"
