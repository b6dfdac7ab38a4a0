"""My data in a real browser: read, agreements, export; with and without scripts."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from portal.db import transaction
from portal.jobs.photo_tasks import ARCHIVE_LISTINGS
from portal.models import archives, audit, consents
from portal.models.archives import ArchiveKind
from portal.models.people import Person
from portal.services import archives as archive_service
from tests import factories
from tests.e2e.accessibility import check_page, record_problems
from tests.e2e.site import Site
from tests.factories import NOW

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture
def person(site: Site) -> Person:
    """A person with headshots, at whose page an admin has looked."""
    found = site.person(photos=3)
    with site.app.app_context():
        admin = factories.make_person(name="Cleo Marsh", role="admin")
        with transaction():
            audit.create_entry("console.viewed", at=NOW, actor_id=admin.id, subject_id=found.id)
    return found


def open_page(site: Site, person: Person, open_context: Callable[..., BrowserContext], **options: Any) -> Page:
    context = open_context(accept_downloads=True, **options)
    context.add_cookies(site.cookies(person))  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{site.address}/headshots/data")
    return page


def build_export(site: Site, person: Person) -> None:
    """Do what the worker does."""
    with site.app.app_context():
        with transaction():
            found = archives.find_latest(person.id, ArchiveKind.DATA, NOW)
        assert found is not None
        archive_service.build_archive(found.id, site.app.extensions["portal"], ARCHIVE_LISTINGS)


def test_page_is_accessible_and_fits(site: Site, person: Person, open_context: Callable[..., BrowserContext]) -> None:
    page = open_page(site, person, open_context)
    problems = record_problems(page)
    expect(page.get_by_role("heading", level=1, name="My data")).to_be_visible()
    check_page(page)
    assert problems == []


def test_facts_views_and_consents_are_on_the_page(
    site: Site, person: Person, open_context: Callable[..., BrowserContext]
) -> None:
    page = open_page(site, person, open_context)
    kept = page.get_by_role("region", name="What we keep")
    expect(kept.get_by_text("3 headshots")).to_be_visible()
    expect(kept.get_by_text("Here until January 31, 2027")).to_be_visible()
    expect(kept.get_by_text("AI-generated")).to_be_visible()
    views = page.get_by_role("region", name="Who looked")
    expect(views.get_by_text("Cleo Marsh")).to_be_visible()
    expect(views.get_by_text("Looked at your page")).to_be_visible()
    page.get_by_role("link", name="Read it").first.click()
    expect(page.get_by_role("heading", name="What you agreed to")).to_be_visible()
    with site.app.app_context():
        (agreed,) = consents.list_by_person(person.id)
    expect(page.get_by_text(agreed.text_sha256)).to_be_visible()
    expect(page.get_by_text(agreed.policy_version)).to_be_visible()
    page.get_by_role("link", name="Back to my data").click()
    expect(page.get_by_role("heading", level=1, name="My data")).to_be_visible()


@pytest.mark.parametrize("has_script", [True, False], ids=["script", "no script"])
def test_export_is_prepared_and_downloaded_once(
    site: Site, person: Person, open_context: Callable[..., BrowserContext], *, has_script: bool
) -> None:
    page = open_page(site, person, open_context, java_script_enabled=has_script)
    page.get_by_role("button", name="Prepare download").click()
    expect(page.get_by_text("Collecting your files")).to_be_visible()
    if not has_script:
        # Browsers without scripts reload by the page's meta element, which Chromium's switch does not emulate.
        assert '<noscript><meta http-equiv="refresh"' in page.request.get(page.url).text()
    build_export(site, person)
    if not has_script:
        page.reload()
    button = page.get_by_role("button", name="Download ZIP")
    expect(button).to_be_visible()
    with page.expect_download() as started:
        button.click()
    with zipfile.ZipFile(started.value.path()) as file:
        records = json.loads(file.read("records.json"))
    assert records["person"]["name"] == "Ada Lovelace"
    if not has_script:
        page.reload()
    expect(page.get_by_text("To get it again, prepare a new one.")).to_be_visible()
    expect(page.get_by_role("button", name="Download ZIP")).to_have_count(0)


def test_page_waits_until_the_server_has_recorded_the_download(
    site: Site, person: Person, open_context: Callable[..., BrowserContext]
) -> None:
    page = open_page(site, person, open_context)
    page.get_by_role("button", name="Prepare download").click()
    expect(page.get_by_text("Collecting your files")).to_be_visible()
    build_export(site, person)
    button = page.get_by_role("button", name="Download ZIP")
    expect(button).to_be_visible()
    before = page.request.get(page.url).text()
    late: list[str] = []

    def respond(route: Route) -> None:
        if len(late) == 2:
            route.continue_()
            return
        late.append(route.request.url)
        route.fulfill(body=before, content_type="text/html; charset=utf-8")

    page.route("**/headshots/data", respond)
    with page.expect_download():
        button.click()
    expect(page.get_by_text("To get it again, prepare a new one.")).to_be_visible()
    assert len(late) == 2


def test_page_is_reached_from_the_menu(site: Site, person: Person, open_context: Callable[..., BrowserContext]) -> None:
    page = open_page(site, person, open_context)
    page.goto(f"{site.address}/headshots")
    page.get_by_label("Ada Lovelace: your menu").click()
    page.locator("#me").get_by_role("link", name="My data").click()
    expect(page.get_by_role("heading", level=1, name="My data")).to_be_visible()
