"""Every page in every state: no accessibility violation, no overflow, in both schemes, at four widths."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from portal.db import transaction
from portal.models.people import Person
from tests.e2e.accessibility import check_page, record_problems
from tests.e2e.page_states import ALL_STATES
from tests.e2e.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

PUBLIC = {"landing": "/", "privacy": "/privacy"}


def set_language(site: Site, person: Person, language: str) -> None:
    with site.app.app_context(), transaction() as session:
        found = session.get(Person, person.id)
        assert found is not None
        found.locale = language


def open_state(site: Site, browser: BrowserContext, state: str, language: str) -> Page:
    """Open a state's page as a person of its own."""
    path, person_name = ALL_STATES[state]
    person = site.person(**dict(person_name))
    set_language(site, person, language)
    browser.add_cookies(site.cookies(person))  # type: ignore[arg-type]
    page = browser.new_page()
    page.goto(site.address + path)
    return page


@pytest.mark.parametrize("state", ALL_STATES)
def test_page_of_each_state(site: Site, open_context: Callable[..., BrowserContext], state: str) -> None:
    browser = open_context(reduced_motion="reduce")
    problems: list[str] = []
    browser.on("console", lambda line: problems.append(line.text) if line.type in {"error", "warning"} else None)
    page = open_state(site, browser, state, "en")
    check_page(page)
    expect(page.get_by_role("banner")).to_be_visible()
    expect(page.get_by_role("main")).to_be_visible()
    assert page.get_by_role("heading", level=1).count() == 1
    assert problems == []


@pytest.mark.matrix
@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("state", ALL_STATES)
def test_page_of_each_state_thoroughly(
    site: Site, open_context: Callable[..., BrowserContext], state: str, language: str
) -> None:
    page = open_state(site, open_context(reduced_motion="reduce"), state, language)
    assert page.locator("html").get_attribute("lang") == language
    check_page(page, is_thorough=True)


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("name", PUBLIC)
def test_public_page(site: Site, open_context: Callable[..., BrowserContext], name: str, language: str) -> None:
    page = open_context(locale=language).new_page()
    problems = record_problems(page)
    page.goto(site.address + PUBLIC[name])
    assert page.locator("html").get_attribute("lang") == language
    check_page(page)
    assert problems == []


def test_page_that_does_not_exist(site: Site, open_context: Callable[..., BrowserContext]) -> None:
    page = open_context().new_page()
    page.goto(site.address + "/nothing-here")
    check_page(page)


def test_consent_with_a_missing_box(site: Site, open_context: Callable[..., BrowserContext]) -> None:
    page = open_state(site, open_context(), "consent", "en")
    page.get_by_role("button", name="Agree and continue").click()
    expect(page.get_by_role("checkbox").first).to_be_focused()
    check_page(page)


def test_menu_of_the_person_opens_without_script(site: Site, open_context: Callable[..., BrowserContext]) -> None:
    page = open_state(site, open_context(java_script_enabled=False), "ready", "en")
    menu = page.get_by_label("Ada Lovelace: your menu")
    menu.press("Enter")
    expect(page.get_by_role("link", name="Your devices")).to_be_visible()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    menu.press("Enter")
    expect(page.get_by_role("link", name="Your devices")).to_be_hidden()


def test_open_menu_is_accessible(site: Site, open_context: Callable[..., BrowserContext]) -> None:
    page = open_state(site, open_context(), "ready", "en")
    page.get_by_label("Ada Lovelace: your menu").click()
    check_page(page)


def test_language_switch_works_without_script(site: Site, open_context: Callable[..., BrowserContext]) -> None:
    page = open_state(site, open_context(java_script_enabled=False), "ready", "en")
    page.get_by_role("button", name="Deutsch").press("Enter")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    assert page.url == f"{site.address}/headshots"
    page.get_by_role("button", name="English").press("Enter")
    expect(page.locator("html")).to_have_attribute("lang", "en")
