"""What browsers contact and keep: the portal alone, the studio in its frame, and the cookies that the docs list."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.e2e.site import STUDIO, Site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

DOCUMENTED = Path(__file__).parents[2] / "docs/privacy/cookies.md"
PUBLIC = ("/", "/privacy", "/signed-out")
# Stage of the person, and the pages that a browser opens in it.
JOURNEY: tuple[tuple[dict[str, Any], tuple[str, ...]], ...] = (
    ({"agreed": False}, ("/headshots", "/headshots/consent", "/headshots/not-now", "/headshots/own-photo")),
    ({"with_link": True}, ("/headshots", "/headshots/studio")),
    ({"provider_status": "pending"}, ("/headshots",)),
    (
        {"photos": 3},
        ("/headshots", "/headshots/gallery", "/headshots/crop", "/headshots/data", "/account/sessions", "/nowhere"),
    ),
)
# The sign-in is at the identity provider; the stream never finishes loading.
NOT_OPENED = ("/login", "/start", "/headshots/events")
NO_PAGES = (".csv", ".css", ".png")
PERSON_PAGES = ("", "/headshot", "/erase", "/reset", "/deactivate")


def record_hosts(context: BrowserContext) -> dict[str, set[str]]:
    """Return a mapping that fills with the origins contacted, each with the pages that did."""
    contacted: dict[str, set[str]] = {}

    def record(request: Any) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https", "ws", "wss"}:
            contacted.setdefault(f"{parts.scheme}://{parts.netloc}", set()).add(request.frame.page.url)

    context.on("request", record)
    return contacted


def read_documented_cookies() -> set[str]:
    return set(re.findall(r"`((?:portal_|time_zone)[\w-]*)`", DOCUMENTED.read_text(encoding="utf-8")))


def list_addresses(site: Site) -> list[str]:
    """List the addresses of all pages that need no id."""
    rules = (rule for rule in site.app.url_map.iter_rules() if "GET" in (rule.methods or ()) and not rule.arguments)
    return sorted(
        rule.rule for rule in rules if not rule.rule.startswith(NOT_OPENED) and not rule.rule.endswith(NO_PAGES)
    )


def open_pages(site: Site, context: BrowserContext, paths: tuple[str, ...]) -> None:
    """Open each page in turn, and the studio where its button is."""
    context.route(f"{STUDIO}/**", lambda route: route.fulfill(body="<h1>Studio</h1>", content_type="text/html"))
    page = context.new_page()
    for path in paths:
        page.goto(site.address + path)
        if path == "/headshots/studio":
            page.get_by_role("button", name="Open the studio").click()
            expect(page.frame_locator("iframe").get_by_role("heading", name="Studio")).to_be_visible()


@pytest.mark.privacy("P18")
def test_pages_contact_only_the_portal_and_the_studio(site: Site, open_context: Callable[..., BrowserContext]) -> None:
    contacted: dict[str, set[str]] = {}
    kept: set[str] = set()
    for session_fields, paths in ({}, PUBLIC), *JOURNEY:
        context = open_context(viewport={"width": 1280, "height": 900})
        recorded = record_hosts(context)
        if session_fields:
            context.add_cookies(site.cookies(site.person(**session_fields)))  # type: ignore[arg-type]
        open_pages(site, context, paths)
        cookies = context.cookies()
        kept |= {cookie["name"] for cookie in cookies}
        assert {cookie["domain"] for cookie in cookies} <= {"localhost"}
        for host, pages in recorded.items():
            contacted.setdefault(host, set()).update(pages)
    assert {urlsplit(url).path for url in contacted.pop(STUDIO)} == {"/headshots/studio"}
    assert contacted.keys() == {site.address}
    assert kept <= read_documented_cookies()
    assert {"portal_session", "time_zone"} <= kept


@pytest.mark.privacy("P18")
def test_no_address_contacts_another_host(site: Site, open_context: Callable[..., BrowserContext]) -> None:
    other = site.person(photos=1)
    paths = (*list_addresses(site), *(f"/admin/people/{other.id}{path}" for path in PERSON_PAGES))
    assert len(paths) > 40
    context = open_context(viewport={"width": 1280, "height": 900})
    contacted = record_hosts(context)
    context.add_cookies(site.cookies(site.person(photos=3, role="admin")))  # type: ignore[arg-type]
    page = context.new_page()
    for path in paths:
        page.goto(site.address + path)
    assert contacted.keys() == {site.address}
    cookies = context.cookies()
    assert {cookie["domain"] for cookie in cookies} == {"localhost"}
    assert {cookie["name"] for cookie in cookies} <= read_documented_cookies()
