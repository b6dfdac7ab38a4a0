"""A campaign for the people that a filter of the roster lists: from the roster to the exact people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from portal.db import transaction
from portal.models.people import Person
from portal.models.roster import RosterEntry
from tests import factories
from tests.factories import NOW
from tests.integration.web_pages.conftest import Visitor
from tests.integration.web_pages.html_document import Document, get_text

FORM = {"name": "Design team", "message": "", "due_on": "", "link": ""}


@pytest.fixture
def admin(sign_in: Callable[[Person], Visitor], context: None) -> Visitor:
    return sign_in(factories.make_person(name="Cleo", role="admin"))


@pytest.fixture(autouse=True)
def roster(admin: Visitor) -> None:
    """Two people of one team, one of them invited, and one of another."""
    entries: list[dict[str, Any]] = [
        {"address": "ann@example.com", "team": "Design"},
        {"address": "ben@example.com", "team": "Design", "invited_at": NOW},
        {"address": "cy@example.com", "team": "Sales"},
    ]
    with transaction() as session:
        for entry in entries:
            session.add(RosterEntry(source="import", name="", created_at=NOW, changed_at=NOW, **entry))


def list_checked(page: Document) -> list[str]:
    return [
        each.get("value", "")
        for each in page.all("input")
        if each.get("type") == "radio" and each.get("checked") is not None
    ]


def list_selected(page: Document, name: str) -> list[str]:
    select = page.by_id(name)
    return [get_text(each) for each in select.iter() if each.get("selected") is not None]


def test_filter_leads_from_the_roster_to_exactly_its_people(admin: Visitor) -> None:
    roster = admin.page("/admin/roster?team=Design&state=waiting")
    form = admin.page(roster.link("New campaign for these people"))
    assert list_checked(form) == ["roster"]
    assert list_selected(form, "roster_team") == ["Design"]
    assert list_selected(form, "roster_state") == ["Not invited"]
    fields = FORM | {"audience": "roster", "roster_team": "Design", "roster_state": "waiting", "roster_search": ""}
    made = admin.press("/admin/campaigns/new", **fields).location
    campaign = admin.page(made)
    assert list_checked(campaign) == ["roster"]
    assert list_selected(campaign, "roster_team") == ["Design"]
    people = admin.page(f"{made}/people?part=remaining")
    assert [get_text(row[0]) for row in people.all("tr")][1:] == ["ann@example.com"]


def test_filter_that_filters_nothing_is_refused_with_a_sentence(admin: Visitor) -> None:
    response = admin.press("/admin/campaigns/new", **FORM, audience="roster", roster_search="  ", roster_state="left")
    assert response.status_code == 400
    page = Document(response.text)
    assert "Choose what these people have in common: a team, a state or a search." in page.text
    assert list_checked(page) == ["roster"]


def test_team_that_is_no_longer_on_the_roster_stays_the_choice(admin: Visitor) -> None:
    made = admin.press("/admin/campaigns/new", **FORM, audience="roster", roster_team="Closed").location
    assert list_selected(admin.page(made), "roster_team") == ["Closed"]
    assert "No one." in admin.page(f"{made}/people").text


@pytest.mark.parametrize("address", ["/admin/roster", "/admin/roster?state=left", "/admin/roster?state=muted"])
def test_roster_offers_a_campaign_only_for_an_invitable_filter(admin: Visitor, address: str) -> None:
    assert "New campaign for these people" not in admin.page(address).text
