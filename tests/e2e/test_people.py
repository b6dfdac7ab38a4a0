"""Sign-ins, the console's people and teams in a real browser: accessible, and usable by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from portal.models.people import Person
from tests import factories
from tests.e2e.page_checks import check_page
from tests.e2e.site import Site
from tests.factories import NOW

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6) AppleWebKit/605.1.15 Version/18.6 Mobile/15E148 Safari/604.1"
OFFICE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0"


@pytest.fixture
def person(site: Site) -> Person:
    """A person who is signed in at work and on their phone."""
    with site.app.app_context():
        made = factories.make_person("ada@example.com", name="Ada Lovelace", groups=["sales"])
        factories.make_consent(made)
        factories.make_shoot(made, provider_status="waiting", status_since=NOW - timedelta(days=1))
        factories.make_sessions(made, PHONE, OFFICE)
        return made


def is_fine_everywhere(page: Page) -> None:
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        for width in (390, 820, 1440):
            page.set_viewport_size({"width": width, "height": 844})
            check_page(page)
    assert page.get_by_role("heading", level=1).count() == 1


def test_own_sign_ins_are_accessible(open_as: Callable[..., Page], person: Person) -> None:
    is_fine_everywhere(open_as(person, "/account/sessions"))


PAGES = (
    "/admin/people",
    "/admin/people?q=nobody",
    "/admin/people/{0}",
    "/admin/people/{0}/deactivate",
    "/team?name=sales",
    "/team?name=berlin",
    "/admin/",
)


@pytest.mark.parametrize("path", PAGES)
def test_console_and_team_are_accessible(
    path: str, open_as: Callable[..., Page], person: Person, admin: Person
) -> None:
    is_fine_everywhere(open_as(admin, path.format(person.id)))


def test_sign_ins_are_ended_by_keyboard_and_without_scripts(open_as: Callable[..., Page], person: Person) -> None:
    page = open_as(person, "/headshots", java_script_enabled=False)
    page.get_by_label("Ada Lovelace: your menu").press("Enter")
    page.get_by_role("link", name="Your devices").press("Enter")
    expect(page.get_by_role("heading", name="Your devices", level=1)).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="Safari on iPhone")).to_be_visible()
    page.get_by_role("button", name="Sign out Safari on iPhone").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("That device is signed out.")
    expect(page.get_by_role("listitem").filter(has_text="Safari on iPhone")).to_have_count(0)
    page.get_by_role("button", name="Sign out all other devices").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("1 other device is signed out.")
    expect(page.get_by_role("button", name="Sign out all other devices")).to_have_count(0)
    expect(page.get_by_text("This browser", exact=True)).to_be_visible()


def test_deactivated_person_is_informed_on_an_open_page(
    site: Site, open_as: Callable[..., Page], person: Person, admin: Person
) -> None:
    foreign = open_as(person, "/headshots")
    expect(foreign.get_by_label("Ada Lovelace: your menu")).to_be_visible()
    page = open_as(admin, f"/admin/people/{person.id}")
    page.get_by_role("link", name="Deactivate…").click()
    page.get_by_role("button", name="Deactivate").click()
    expect(page.get_by_text("Deactivated. This person can’t sign in.")).to_be_visible()
    # Their page explains it by itself; only they start a sign-in.
    expect(foreign.get_by_role("heading", name="You’re signed out")).to_be_visible()
    expect(foreign.get_by_role("main").get_by_role("link", name="Sign in")).to_be_visible()
