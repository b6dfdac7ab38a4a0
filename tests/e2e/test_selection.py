"""Actions on many people: by keyboard, without JavaScript, on a phone, and accessible."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from portal.db import transaction
from portal.models.people import Person
from portal.models.roster import RosterEntry
from tests.e2e.keyboard import press_control
from tests.e2e.page_checks import check_page
from tests.e2e.site import Site
from tests.factories import NOW

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture
def roster(site: Site) -> None:
    """Sixty people of sales, more than a page."""
    with site.app.app_context(), transaction() as session:
        for number in range(60):
            name = f"Person {number:02}"
            address = f"p{number}@example.com"
            session.add(
                RosterEntry(address=address, name=name, team="Sales", source="import", created_at=NOW, changed_at=NOW)
            )


@pytest.mark.usefixtures("roster")
def test_two_people_are_muted_by_keyboard(open_as: Callable[..., Page], admin: Person) -> None:
    page = open_as(admin, "/admin/people?team=Sales")
    for key in ("j", "x", "j", "x"):
        page.keyboard.press(key)
    expect(page.get_by_text("2 selected")).to_be_visible()
    page.get_by_label("Action", exact=True).select_option("Mute campaign emails…")
    press_control(page, page.get_by_role("button", name="Continue"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Mute campaign emails to 2 people?")
    press_control(page, page.get_by_role("button", name="Mute 2 people"))
    expect(page.get_by_role("status").filter(has_text="2 people are muted.")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/admin/people\?team=Sales$"))


@pytest.mark.usefixtures("roster")
def test_page_and_all_matching_people_are_selected(open_as: Callable[..., Page], admin: Person) -> None:
    page = open_as(admin, "/admin/people?team=Sales")
    page.get_by_label("Select this page").check()
    expect(page.get_by_text("50 selected")).to_be_visible()
    page.get_by_label("all 60 that match").check()
    expect(page.get_by_text("60 selected")).to_be_visible()
    page.get_by_label("Action", exact=True).select_option("Set due date…")
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Due date").fill("2026-12-11")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Set the due date of 60 people?")
    page.get_by_role("button", name="Set due date").click()
    expect(page.get_by_text("60 people have the new due date.")).to_be_visible()


@pytest.mark.usefixtures("roster")
def test_selection_needs_no_script_and_fits_a_phone(open_as: Callable[..., Page], admin: Person) -> None:
    page = open_as(admin, "/admin/people?team=Sales", java_script_enabled=False, viewport={"width": 390, "height": 844})
    page.get_by_label("Select Person 03").check()
    page.get_by_label("Action", exact=True).select_option("Move to a team…")
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Team").fill("Berlin")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Move 1 person").click()
    expect(page.get_by_text("1 person was moved.")).to_be_visible()


@pytest.mark.usefixtures("roster")
@pytest.mark.parametrize("action", ["remind", "due", "team", "export", "mute", "invite"])
def test_confirmation_is_accessible(open_as: Callable[..., Page], admin: Person, action: str) -> None:
    page = open_as(admin, f"/admin/people/selection?action={action}&all=1&team=Sales")
    for scheme, width in (("light", 390), ("dark", 1440)):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        page.set_viewport_size({"width": width, "height": 844})
        check_page(page)
