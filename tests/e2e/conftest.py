"""A whole portal in separate processes, and a real browser in front of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from demo.stack import Stack
from portal.app import create_app
from portal.db import db
from portal.models.people import Person
from portal.settings import Settings
from tests import factories
from tests.e2e import portraits
from tests.e2e.page_checks import record_problems
from tests.e2e.site import STUDIO, Site, serve_site
from tests.factories import NOW

# A busy machine is slow; what must be quick is measured by the bench, not here.
expect.set_options(timeout=60_000)

# A session that takes an hour in life takes three seconds here.
SPEED = 1200.0
LAUNCH_ARGUMENTS = [
    "--disable-gpu",
    "--no-first-run",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Database, sign-in, studio, worker and portal, as processes of their own."""
    folder = tmp_path_factory.mktemp("stack")
    with Stack(data_dir=folder, speed=SPEED) as running:
        yield running


@pytest.fixture
def site_settings() -> dict[str, Any]:
    """Settings of ``site`` that differ from the tests' own; a file may replace them."""
    return {"embed_origins": (STUDIO,), "support_email": "help@example.com", "brand_name": "Example"}


@pytest.fixture
def site(portal_settings: Callable[..., Settings], database_url: str, site_settings: dict[str, Any]) -> Iterator[Site]:
    """A portal in this process that real browsers can reach, a minute after the time of the test data."""
    app = create_app(portal_settings(**site_settings), clock=lambda: NOW + timedelta(minutes=1))
    with serve_site(app) as running:
        yield running
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="module")
def browser(chromium_path: str, chromium_args: list[str]) -> Iterator[Browser]:
    """One Chromium for a file: its event loop must be gone before other browser tests of the process start theirs."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path, args=[*chromium_args, *LAUNCH_ARGUMENTS])
        yield chromium
        chromium.close()


@pytest.fixture
def open_context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Make a fresh browser profile; errors inside its pages fail the test."""
    contexts: list[BrowserContext] = []

    def make(**options: object) -> BrowserContext:
        context = browser.new_context(**options)  # type: ignore[arg-type]
        context.set_default_timeout(60_000)
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Six real photographs in the formats people have."""
    return portraits.write_photo_files(tmp_path_factory.mktemp("photos"))


@pytest.fixture
def sign_in(stack: Stack) -> Callable[[Page, str], None]:
    """Sign a person in through the intranet link."""

    def through_the_link(page: Page, name: str) -> None:
        page.goto(f"{stack.addresses.portal}/start")
        page.get_by_role("button", name=name).click()
        page.wait_for_url(f"{stack.addresses.portal}/headshots**")

    return through_the_link


@pytest.fixture
def open_as(site: Site, open_context: Callable[..., BrowserContext]) -> Callable[..., Page]:
    """Open a page as this person."""

    def open_page(person: Person, path: str, **context: Any) -> Page:
        browser = open_context(**context)
        browser.add_cookies(site.cookies(person))  # type: ignore[arg-type]
        page = browser.new_page()
        record_problems(page)
        page.goto(site.address + path)
        return page

    return open_page


@pytest.fixture
def admin(site: Site) -> Person:
    """A person who is an admin and manages a team too."""
    with site.app.app_context():
        return factories.make_person(
            "cleo@example.com", name="Cleo Admin", role="admin", roles=["admin", "manager"], manages=["sales", "berlin"]
        )
