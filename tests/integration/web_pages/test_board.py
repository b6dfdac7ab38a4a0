"""The board with a believable campaign: each number leads to exactly so many people, each team counts a person once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from uuid import uuid4
from xml.etree.ElementTree import Element

import pytest

from demo.crowd import create_campaign_people
from portal.db import db, transaction
from portal.models import board, people_counts
from portal.models.people import Person
from portal.models.roster import RosterEntry
from tests import factories
from tests.factories import NOW
from tests.integration.web_pages.conftest import Visitor
from tests.integration.web_pages.html_document import Document, get_text

PEOPLE = 150
HTML = "{http://www.w3.org/1999/xhtml}"


@pytest.fixture
def admin(sign_in: Callable[[Person], Visitor], context: None) -> Visitor:
    return sign_in(factories.make_person(name="Cleo", role="admin"))


@pytest.fixture
def crowd(admin: Visitor) -> None:
    """People at all steps, in several teams, some of whom need attention."""
    url = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    assert create_campaign_people(url, PEOPLE, provider="profilebakery", now=NOW) == PEOPLE


def count_listed(admin: Visitor, address: str) -> int:
    """Return how many people a list holds, by its heading."""
    return int(admin.page(address).heading.removeprefix("People").replace(",", ""))


def list_numbers(section: Element) -> Iterator[tuple[str, int, str]]:
    """Yield text, number and address of each link of a section whose text begins or ends with a number."""
    for link in section.iter(f"{HTML}a"):
        text, address = get_text(link), link.get("href", "")
        found = re.search(r"^\d[\d,]*|\d[\d,]*$", text)
        if found and address.startswith("/admin/people?"):
            yield text, int(found[0].replace(",", "")), address


def find_section(page: Document, title_id: str) -> Element:
    return next(each for each in page.all("section") if each.get("aria-labelledby") == title_id)


@pytest.mark.parametrize(("title_id", "least"), [("attention-title", 3), ("funnel-title", 9), ("team-title", 2)])
def test_every_number_leads_to_exactly_so_many_people(admin: Visitor, crowd: None, title_id: str, least: int) -> None:
    section = find_section(admin.page("/admin/"), title_id)
    numbers = list(list_numbers(section))
    assert len(numbers) >= least
    for text, number, address in numbers:
        assert count_listed(admin, address) == number, (text, address)


def test_every_team_leads_to_its_people(admin: Visitor, crowd: None) -> None:
    rows = list(find_section(admin.page("/admin/"), "team-title").iter(f"{HTML}tr"))[1:]
    assert len(rows) > 3
    for row in rows:
        team = next(row.iter(f"{HTML}a")).get("href", "")
        people = get_text(next(row.iter(f"{HTML}td")))
        assert count_listed(admin, team) == int(people), team


def test_person_whose_group_has_the_name_of_their_team_counts_once(context: None) -> None:
    ann = factories.make_person("ann@example.com", groups=["sales", "staff"])
    entry = RosterEntry(
        id=uuid4(), address="ann@example.com", name="Ann", team="sales", source="import", created_at=NOW,
        changed_at=NOW, person_id=ann.id,
    )  # fmt: skip
    with transaction() as session:
        session.add(entry)
    factories.make_person(groups=["sales"])
    counts = [board.count_team(name, NOW) for name in ("sales", "staff", "berlin")]
    assert [team and team.people for team in counts] == [2, 1, None]


def test_members_of_a_team_with_a_long_name_are_counted(context: None) -> None:
    """PostgreSQL cuts its own names after 63 bytes, which a team's name is not."""
    team = "Отдел " * 16
    factories.make_person(groups=[team, "staff"])
    factories.make_person(groups=[team[:31]])
    found = board.count_team(team, NOW)
    assert found is not None
    assert (found.name, found.people) == (team, 1)
    members = board.build_team_counts(people_counts.count_members([team, "staff"], NOW))
    assert {each.name: each.people for each in members} == {team: 1, "staff": 1}


def test_views_of_the_list_hold_as_many_people_as_they_say(admin: Visitor, crowd: None) -> None:
    views = next(nav for nav in admin.page("/admin/people").all("nav") if nav.get("aria-label") == "Views")
    numbers = list(list_numbers(views))
    assert len(numbers) == len(list(views.iter(f"{HTML}a"))) == 7
    for text, number, address in numbers:
        assert count_listed(admin, address) == number, text
