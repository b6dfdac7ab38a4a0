"""What goes wrong with a studio in a frame, made by the sandbox, and the ways out that are offered."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect

from portal.db import db, transaction
from portal.models.audit import AuditEntry
from portal.settings import Settings
from sandbox.testing import RunningSandbox, start_sandbox
from tests.e2e.site import Site, serve_site
from tests.factories import NOW

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

# As long as contexts that the fixture opens have.
TIMEOUT_MS = 60_000
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
SAFARI = "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0"


@dataclass
class Studio:
    """A portal, a sandbox and one person whose session the sandbox really has."""

    site: Site
    sandbox: RunningSandbox
    close_sandbox: Callable[[], None]
    model: dict[str, Any]
    cookies: list[dict[str, Any]]

    def control(self, path: str) -> None:
        requests.post(f"{self.sandbox.control_url}{path}", json={}, timeout=60).raise_for_status()

    def switch(self, **values: object) -> None:
        requests.put(f"{self.sandbox.control_url}/settings", json=values, timeout=60).raise_for_status()

    def visit(self, context: BrowserContext) -> Page:
        context.add_cookies(self.cookies)  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(f"{self.site.address}/headshots/studio")
        return page


@pytest.fixture
def studio(portal_settings: Callable[..., Settings], database_url: str) -> Iterator[Studio]:
    from portal.app import create_app  # noqa: PLC0415 - as in the other files of this folder

    with ExitStack() as sandbox_stack:
        sandbox = sandbox_stack.enter_context(start_sandbox())
        created = requests.post(
            f"{sandbox.api_url}/organization/models",
            json={"email": "ada@example.com"},
            headers={"Authorization": f"Bearer {sandbox.api_key}"},
            timeout=60,
        ).json()
        settings = portal_settings(
            embed_origins=(sandbox.base_url,), support_email="help@example.com", brand_name="Example"
        )
        app: Flask = create_app(settings, clock=lambda: NOW + timedelta(minutes=1))
        sealed = app.extensions["portal"].secretbox.seal(created["signedUrl"])
        with serve_site(app) as site:
            person = site.person(signed_url=sealed)
            yield Studio(site, sandbox, sandbox_stack.close, created, site.cookies(person))
        with app.app_context():
            db.engine.dispose()


def open_frame(page: Page) -> None:
    page.get_by_role("button", name="Open the studio").click()


def report_button(page: Page) -> Locator:
    return page.get_by_role("button", name="Report the problem")


def test_loading_studio_reserves_its_space(studio: Studio, open_context: Callable[..., BrowserContext]) -> None:
    context = open_context(viewport=DESKTOP)
    held: list[Route] = []
    # Playwright marks what it is given, and a list's own method cannot be marked.
    context.route(f"{studio.sandbox.base_url}/**", lambda route: held.append(route))  # noqa: PLW0108
    page = studio.visit(context)
    with page.expect_request(f"{studio.sandbox.base_url}/**"):
        open_frame(page)
    expect(page.locator("#frame-skeleton")).to_be_visible()
    expect(page.locator("iframe.is-loaded")).to_have_count(0)
    held[0].fulfill(body="<h1>Hello</h1>", content_type="text/html")
    expect(page.locator("iframe.is-loaded")).to_be_visible()
    expect(page.locator("#frame-skeleton")).to_be_hidden()


@pytest.mark.parametrize("cause", ["refused", "down"])
def test_silent_frame_offers_other_ways(
    studio: Studio, open_context: Callable[..., BrowserContext], cause: str
) -> None:
    if cause == "refused":
        studio.switch(frame_refused=True)
    else:
        studio.close_sandbox()
    context = open_context(viewport=DESKTOP)
    page = context.new_page()
    page.clock.install()
    context.add_cookies(studio.cookies)  # type: ignore[arg-type]
    page.goto(f"{studio.site.address}/headshots/studio")
    open_frame(page)
    page.wait_for_timeout(500)
    offer = page.get_by_role("status").filter(has_text="Is the studio not showing")
    expect(offer).to_be_hidden()
    page.clock.fast_forward(31_000)
    expect(offer).to_be_in_viewport()
    expect(offer.get_by_role("link", name="Open in a new tab")).to_be_in_viewport()
    offer.get_by_role("button", name="Get help").click()
    help_dialog = page.get_by_role("dialog", name="Get help")
    expect(help_dialog.get_by_role("heading", name="Get help")).to_be_focused()
    expect(help_dialog.get_by_role("img", name="QR code")).to_be_visible()
    expect(report_button(page)).to_be_visible()
    help_dialog.get_by_role("button", name="Reload the studio").click()
    expect(help_dialog).to_be_hidden()
    page.get_by_role("button", name="Close the studio").click()
    expect(page.get_by_role("button", name="Open the studio")).to_be_focused()


def test_working_in_the_frame_is_not_interrupted(studio: Studio, open_context: Callable[..., BrowserContext]) -> None:
    context = open_context(viewport=DESKTOP)
    page = context.new_page()
    page.clock.install()
    context.add_cookies(studio.cookies)  # type: ignore[arg-type]
    page.goto(f"{studio.site.address}/headshots/studio")
    open_frame(page)
    page.frame_locator("iframe").get_by_role("textbox", name="Your name").click()
    page.clock.fast_forward(60_000)
    expect(page.get_by_role("status").filter(has_text="Is the studio not showing")).to_be_hidden()
    page.get_by_role("button", name="Get help").click()
    expect(report_button(page)).to_be_visible()


def test_dead_link_report_creates_one_task(studio: Studio, open_context: Callable[..., BrowserContext]) -> None:
    studio.control(f"/models/{studio.model['modelId']}/expire_session")
    page = studio.visit(open_context(viewport=DESKTOP))
    open_frame(page)
    expect(page.frame_locator("iframe").get_by_text("This link has expired")).to_be_visible()
    page.get_by_role("button", name="Get help").click()
    page.get_by_label("What do you see instead").select_option("A page that says the link expired or isn’t valid")
    report_button(page).click()
    expect(page.get_by_text("Thanks. Your admins know now")).to_be_visible()
    expect(page.get_by_role("heading", name="Take your photos")).to_be_visible()
    page.get_by_role("button", name="Get help").click()
    help_dialog = page.get_by_role("dialog", name="Get help")
    expect(help_dialog.get_by_text("You reported it")).to_be_visible()
    expect(report_button(page)).to_have_count(0)
    expect(help_dialog.get_by_role("link", name="Open in a new tab")).to_be_visible()
    with studio.site.app.app_context(), transaction() as session:
        found = session.query(AuditEntry).filter(AuditEntry.action == "shoot.link_reported").all()
        assert [entry.result for entry in found] == ["problem"]


def test_help_is_written_without_the_link(studio: Studio, open_context: Callable[..., BrowserContext]) -> None:
    page = studio.visit(open_context(viewport=DESKTOP))
    page.get_by_role("button", name="Get help").click()
    address = page.get_by_role("link", name="Contact support").get_attribute("href") or ""
    assert address.startswith("mailto:help@example.com?subject=")
    assert "in_studio" in address
    assert "token" not in address
    assert studio.sandbox.base_url.split("//")[1] not in address


def test_denied_camera_is_explained_and_upload_works(
    studio: Studio, browser: Browser, chromium_path: str, chromium_args: list[str]
) -> None:
    asking = browser.browser_type.launch(
        executable_path=chromium_path, args=[*chromium_args, "--use-fake-device-for-media-stream"]
    )
    try:
        context = asking.new_context(viewport=DESKTOP)
        context.set_default_timeout(TIMEOUT_MS)
        # Playwright denies all permissions that are not granted.
        context.grant_permissions(["geolocation"])
        page = studio.visit(context)
        expect(page.get_by_text("The camera is blocked.")).to_be_visible()
        open_frame(page)
        expect(page.frame_locator("iframe").get_by_role("textbox", name="Your name")).to_be_visible()
    finally:
        asking.close()


def test_the_studio_needs_no_cookies_of_its_own(
    studio: Studio, browser: Browser, chromium_path: str, chromium_args: list[str]
) -> None:
    strict = browser.browser_type.launch(
        executable_path=chromium_path, args=[*chromium_args, "--test-third-party-cookie-phaseout"]
    )
    try:
        context = strict.new_context(viewport=DESKTOP)
        context.set_default_timeout(TIMEOUT_MS)
        page = studio.visit(context)
        open_frame(page)
        frame = page.frame_locator("iframe")
        frame.get_by_role("textbox", name="Your name").fill("Ada Example")
        frame.get_by_role("radio", name="Female", exact=True).check()
        frame.get_by_role("button", name="Continue").click()
        expect(frame.get_by_label("Add photos")).to_be_attached()
    finally:
        strict.close()


def test_where_frames_get_no_cookies_a_new_tab_works(
    studio: Studio, browser: Browser, chromium_path: str, chromium_args: list[str], tmp_path: Path
) -> None:
    studio.switch(studio_needs_cookies=True)
    (tmp_path / "Default").mkdir()
    blocks_third_parties = {"profile": {"cookie_controls_mode": 1}}
    (tmp_path / "Default" / "Preferences").write_text(json.dumps(blocks_third_parties))
    strict = browser.browser_type.launch_persistent_context(
        tmp_path, executable_path=chromium_path, args=chromium_args, viewport=DESKTOP
    )
    try:
        strict.set_default_timeout(TIMEOUT_MS)
        strict.add_cookies(studio.cookies)  # type: ignore[arg-type]
        page = strict.new_page()
        page.clock.install()
        page.goto(f"{studio.site.address}/headshots/studio")
        open_frame(page)
        expect(page.frame_locator("iframe").get_by_text("We do not know who you are")).to_be_visible()
        # The person tries something in the frame, and nothing comes of it.
        page.frame_locator("iframe").get_by_text("We do not know who you are").click()
        page.clock.fast_forward(11 * 60_000)
        expect(page.get_by_role("status").filter(has_text="Does the studio forget")).to_be_visible()
        with page.expect_popup() as opened:
            page.get_by_role("link", name="Open in a new tab").filter(visible=True).first.click()
        expect(opened.value.get_by_role("textbox", name="Your name")).to_be_visible()
    finally:
        strict.close()


def test_disabled_cookies_are_explained_on_the_sign_in_page(
    studio: Studio, open_context: Callable[..., BrowserContext]
) -> None:
    context = open_context(viewport=DESKTOP)
    context.add_init_script("Object.defineProperty(navigator, 'cookieEnabled', { get: () => false })")
    page = studio.visit(context)
    expect(page.get_by_text("Cookies are off")).to_be_visible()
    open_frame(page)
    expect(page.frame_locator("iframe").get_by_role("textbox", name="Your name")).to_be_visible()


def test_browser_that_blocks_cookies_in_frames_gets_the_tab_first(
    studio: Studio, open_context: Callable[..., BrowserContext]
) -> None:
    page = studio.visit(open_context(viewport=DESKTOP, user_agent=SAFARI))
    expect(page.get_by_text("A new tab is safer")).to_be_visible()
    tab = page.get_by_role("link", name="Open in a new tab").bounding_box()
    button = page.get_by_role("button", name="Open the studio").bounding_box()
    assert tab is not None
    assert button is not None
    assert tab["x"] < button["x"]


def test_firefox_is_not_warned_about_frames(studio: Studio, open_context: Callable[..., BrowserContext]) -> None:
    page = studio.visit(open_context(viewport=DESKTOP, user_agent=FIREFOX))
    expect(page.get_by_role("button", name="Open the studio")).to_be_visible()
    expect(page.get_by_text("A new tab is safer")).to_be_hidden()


def test_on_a_phone_the_studio_is_a_page_of_its_own(
    studio: Studio, open_context: Callable[..., BrowserContext]
) -> None:
    page = studio.visit(open_context(viewport=PHONE))
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Open the studio").click()
    expect(opened.value.get_by_role("textbox", name="Your name")).to_be_visible()
    assert opened.value.evaluate("opener") is None
    expect(page.get_by_text("The studio is open in another tab")).to_be_visible()
