"""The console in a real browser: the board's links without scripts, and the list by keyboard."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from portal.db import transaction
from portal.models import choices
from portal.models.people import Person
from portal.models.sessions import Session
from tests import factories
from tests.e2e.site import Site
from tests.factories import NOW

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture
def person(site: Site) -> Person:
    """A person who is signed in at work and on their phone."""
    with site.app.app_context():
        made = factories.make_person("ada@example.com", name="Ada Lovelace")
        factories.make_sessions(made, "Edge", "iPhone")
        return made


@pytest.fixture
def crowd(site: Site) -> dict[str, Person]:
    """People at several steps, two of whom need attention."""
    with site.app.app_context():
        made = {name: factories.make_person(name=name) for name in ("Ben Ready", "Cora Chosen", "Dora Studio")}
        for each in made.values():
            factories.make_consent(each)
        factories.make_finished_shoot(made["Ben Ready"], now=NOW - timedelta(days=9))
        shoot, photos = factories.make_finished_shoot(made["Cora Chosen"])
        with transaction():
            choices.create_choice(shoot.person_id, photos[0], origin="portal", key="k", acted_at=NOW, now=NOW)
        factories.make_shoot(made["Dora Studio"], now=NOW - timedelta(days=4), signed_url=b"sealed")
        return made


def test_board_leads_by_its_numbers_to_exactly_these_people(
    open_as: Callable[..., Page], admin: Person, crowd: dict[str, Person]
) -> None:
    page = open_as(admin, "/admin/", java_script_enabled=False)
    attention = page.get_by_role("region", name="Needs attention")
    expect(attention.get_by_role("link", name="Remind… No choice for a week")).to_be_visible()
    page.get_by_role("region", name="How far people are").get_by_role("link", name="1 choosing").press("Enter")
    expect(page.get_by_role("rowheader", name="Ben Ready")).to_be_visible()
    expect(page.get_by_role("rowheader")).to_have_count(1)


def test_people_are_found_selected_and_signed_out_by_keyboard(
    site: Site, open_as: Callable[..., Page], admin: Person, person: Person, crowd: dict[str, Person]
) -> None:
    page = open_as(admin, "/admin/people?active=1")
    page.keyboard.press("/")
    page.keyboard.type("love")
    page.keyboard.press("Enter")
    expect(page.get_by_role("rowheader", name="Ada Lovelace")).to_be_visible()
    expect(page.get_by_role("rowheader")).to_have_count(1)
    # The list is there before the script that handles its keys.
    page.wait_for_load_state()
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.get_by_text("1 selected")).to_be_visible()
    page.get_by_label("Action", exact=True).select_option("Sign out everywhere…")
    page.get_by_role("button", name="Continue").press("Enter")
    page.get_by_role("button", name="Sign out 1 person").press("Enter")
    expect(page.get_by_role("status").filter(has_text="1 person was signed out everywhere.")).to_be_visible()
    with site.app.app_context(), transaction() as session:
        assert session.query(Session).filter_by(person_id=person.id).count() == 0
