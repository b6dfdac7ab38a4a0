"""My page with photos: the kit, a ZIP of everything, taking the headshot back, and requesting another session."""

from __future__ import annotations

import zipfile
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import select

from portal.db import transaction
from portal.images.visible_mark import ENGLISH_TEXTS
from portal.models.archives import Archive
from portal.models.kits import Kit
from portal.models.people import Person
from portal.services import archive_contents, archives, kit_rendering
from tests import factories
from tests.e2e.accessibility import check_page
from tests.e2e.site import Site
from tests.integration.web_pages.conftest import store_renditions

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture
def person(site: Site) -> Person:
    """A person with three photos at full size."""
    person = site.person()
    with site.app.app_context():
        _, made = factories.make_finished_shoot(person, 3)
        for number, photo in enumerate(made):
            store_renditions(photo, number, is_original_stored=True)
    return person


@pytest.fixture
def page(site: Site, person: Person, open_context: Callable[..., BrowserContext]) -> Page:
    """The person's page, after they have chosen their second photo."""
    browser = open_context(accept_downloads=True)
    browser.add_cookies(site.cookies(person))  # type: ignore[arg-type]
    page = browser.new_page()
    page.goto(f"{site.address}/headshots/gallery")
    page.keyboard.press("ArrowRight")
    page.get_by_role("button", name="Choose this photo").click()
    page.get_by_role("link", name="Continue").click()
    expect(page.get_by_role("heading", name="You’re all set")).to_be_visible()
    return page


def build_archives(site: Site) -> None:
    """Run the jobs of requested ZIP files, as the worker does."""
    with site.app.app_context():
        with transaction() as session:
            waiting = list(session.scalars(select(Archive.id).where(Archive.state == "pending")))
        for archive_id in waiting:
            archives.build_archive(archive_id, site.app.extensions["portal"], archive_contents.LISTINGS)


def test_files_of_the_kit_appear_when_they_are_made(site: Site, page: Page) -> None:
    expect(page.get_by_text("Making your files: 0 of")).to_be_visible()
    with site.app.app_context():
        with transaction() as session:
            kit_id = session.scalars(select(Kit.id)).one()
        kit_rendering.render_kit(kit_id, site.app.extensions["portal"], ENGLISH_TEXTS)
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.get_by_text("your headshot isn’t larger").first).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download for LDAP").click()
    assert download.value.suggested_filename == "headshot-ldap.jpg"
    assert download.value.path().stat().st_size <= 10_000


def test_download_is_above_the_fold_of_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.get_by_role("button", name="Download all (ZIP)")).to_be_in_viewport(ratio=1)


def test_all_photos_are_downloaded_as_one_file(site: Site, page: Page) -> None:
    page.get_by_role("button", name="Download all headshots (ZIP)").click()
    expect(page.get_by_role("button", name="Making your ZIP")).to_be_visible()
    build_archives(site)
    with page.expect_download() as download:
        page.get_by_role("link", name="Save the ZIP of all headshots").click()
    assert download.value.suggested_filename == "Ada Lovelace headshots.zip"
    with zipfile.ZipFile(download.value.path()) as archive:
        assert len(archive.namelist()) == 3
    expect(page.get_by_text("Ready until")).to_be_visible()
    check_page(page)


def test_headshot_is_taken_back(page: Page) -> None:
    page.get_by_text("Take my headshot back").click()
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_role("link", name="Choose your headshot")).to_be_visible()


def test_mark_beside_a_headshot_kept_after_a_withdrawal_is_in_view(site: Site, page: Page) -> None:
    page.goto(f"{site.address}/headshots/withdraw")
    page.get_by_role("button", name="Withdraw").click()
    expect(page.get_by_role("heading", name="You withdrew your agreement")).to_be_visible()
    # A mark that the picture's frame cut off would be visible, and nowhere in view.
    expect(page.get_by_role("figure").get_by_text("AI-generated")).to_be_in_viewport()


def test_another_session_is_requested_and_granted(
    site: Site, page: Page, open_context: Callable[..., BrowserContext], person: Person
) -> None:
    page.goto(f"{site.address}/headshots/gallery")
    page.get_by_role("link", name="None of these look like me").click()
    expect(page.get_by_role("heading", name="None of these look like you?")).to_be_visible()
    check_page(page)
    page.get_by_role("button", name="Ask for another session").click()
    expect(page.get_by_text("Your admins decide.").first).to_be_visible()
    browser = open_context()
    browser.add_cookies(site.cookies(site.person(role="admin")))  # type: ignore[arg-type]
    console = browser.new_page()
    console.goto(f"{site.address}/admin/people/{person.id}")
    console.get_by_role("button", name="Allow another session").click()
    expect(console.get_by_text("They can start another photo session now.")).to_be_visible()
    page.get_by_role("button", name="Start another session").click()
    expect(page.get_by_role("button", name="Start another session")).to_be_hidden()
    page.goto(f"{site.address}/headshots/gallery")
    expect(page.get_by_role("link", name="Photo 2, your headshot")).to_be_visible()
