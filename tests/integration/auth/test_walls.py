"""The walls of a signed-in person's pages: the studio's frame and camera, and what is noted of a refused call."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from portal.models.audit import AuditEntry
from portal.web.access import RULES
from tests.house.addresses import calls_of
from tests.integration.auth.actors import Browser

ORIGIN = "http://127.0.0.1:1"


def test_studio_alone_hands_the_camera_to_the_configured_origin(browser: Browser) -> None:
    browser.sign_in()
    studio, page = browser.get("/headshots/studio").headers, browser.get("/headshots").headers
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


def test_call_of_somebody_elses_page_is_refused_and_noted(
    browser: Browser, app: Flask, audit: Callable[[str], list[AuditEntry]]
) -> None:
    browser.sign_in()
    kept = [call for call in calls_of(app) if RULES[call.endpoint].right and call.method == "GET"]
    assert kept
    for call in kept:
        answer = browser.get(call.path)
        assert answer.status_code == 403, call
        assert "This is not for you" in answer.text
    noted = audit("access")
    assert [entry.detail["endpoint"] for entry in noted] == [call.endpoint for call in kept]
    assert {entry.result for entry in noted} == {"denied"}
    assert None not in {entry.actor_id for entry in noted}
