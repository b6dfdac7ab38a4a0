"""The list of people: every filter against the facts of its rows, every order over several pages, and its columns."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from demo.crowd import create_campaign_people
from portal.db import db, transaction
from portal.domain.attention import Attention
from portal.domain.company_texts import TextSection
from portal.models.people import Person
from portal.models.people_list import ListRow, PeopleFilter, Sort
from portal.models.text_versions import TextVersion
from portal.services import people_list
from tests import factories
from tests.factories import NOW
from tests.integration.web_pages.conftest import Visitor
from tests.integration.web_pages.html_document import get_text

PEOPLE = 120
LAST = datetime(9999, 1, 1, tzinfo=UTC)
KEYS: dict[Sort, Callable[[ListRow], Any]] = {
    Sort.NAME: lambda row: row.listed.sort_name.encode(),
    Sort.SINCE: lambda row: row.since or LAST,
    Sort.DUE: lambda row: row.listed.due_on or LAST.date(),
    Sort.REMINDED: lambda row: row.listed.reminder_count,
}


@pytest.fixture
def crowd(context: None) -> list[ListRow]:
    """Everyone of a believable campaign."""
    url = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    assert create_campaign_people(url, PEOPLE, provider="profilebakery", now=NOW) == PEOPLE
    rows = list_all(PeopleFilter())
    assert len(rows) == PEOPLE
    return rows


@pytest.fixture
def admin(sign_in: Callable[[Person], Visitor], context: None) -> Visitor:
    return sign_in(factories.make_person(name="Cleo", role="admin"))


def list_all(chosen: PeopleFilter, sort: Sort = Sort.NAME, *, descending: bool = False) -> list[ListRow]:
    """List every page of a filter."""
    rows: list[ListRow] = []
    after = None
    while True:
        page = people_list.list_people(chosen, now=NOW, sort=sort, descending=descending, after=after)
        rows += page.rows
        assert len(rows) <= page.total
        after = page.after
        if after is None:
            assert len(rows) == page.total
            return rows


def list_ids(rows: list[ListRow]) -> set[Any]:
    return {row.listed.id for row in rows}


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("sort", list(Sort))
def test_every_order_lists_everyone_once_over_several_pages(
    crowd: list[ListRow], monkeypatch: pytest.MonkeyPatch, sort: Sort, descending: bool
) -> None:
    monkeypatch.setattr(people_list, "PAGE", 17)
    rows = list_all(PeopleFilter(), sort, descending=descending)
    assert len(rows) == len(list_ids(rows)) == PEOPLE
    if sort in KEYS:
        keys = [KEYS[sort](row) for row in rows]
        assert keys == sorted(keys, reverse=descending)
    else:
        # The database's collation orders teams; each is in one piece.
        teams = [row.listed.team for row in rows]
        assert sum(one != other for one, other in pairwise(teams)) == len(set(teams)) - 1


@pytest.mark.parametrize("descending", [False, True])
def test_order_of_moments_stays_whole_after_a_new_consent_text(
    crowd: list[ListRow], monkeypatch: pytest.MonkeyPatch, descending: bool
) -> None:
    """Some are back where they first signed in, and the others are where they were."""
    with transaction() as session:
        session.add(TextVersion(section=str(TextSection.CONSENT), number=1, content={}, created_at=NOW))
    monkeypatch.setattr(people_list, "PAGE", 17)
    rows = list_all(PeopleFilter(), Sort.SINCE, descending=descending)
    before = {row.listed.id: row.stage for row in crowd}
    assert 0 < sum(before[row.listed.id] != row.stage for row in rows) < PEOPLE
    keys = [KEYS[Sort.SINCE](row) for row in rows]
    assert keys == sorted(keys, reverse=descending)
    assert len(list_ids(rows)) == PEOPLE


@pytest.mark.parametrize("reason", list(Attention))
def test_filter_of_a_reason_lists_the_people_it_is_shown_at(crowd: list[ListRow], reason: Attention) -> None:
    shown = list_ids([row for row in crowd if row.attention == reason])
    assert list_ids(list_all(PeopleFilter(attention=reason))) == shown


def test_filters_of_attention_due_team_and_stage_together(crowd: list[ListRow]) -> None:
    team = next(row.listed.team for row in crowd if row.is_overdue)
    for chosen, holds in (
        (PeopleFilter(attention="any"), lambda row: row.attention is not None),
        (PeopleFilter(due="overdue"), lambda row: row.is_overdue),
        (PeopleFilter(due="none"), lambda row: row.listed.due_on is None),
        (PeopleFilter(team=team), lambda row: row.listed.team == team),
        (PeopleFilter(team=team, due="overdue"), lambda row: row.listed.team == team and row.is_overdue),
        (PeopleFilter(stage="ready"), lambda row: row.stage == "ready"),
        (PeopleFilter(is_active=False), lambda row: row.listed.left_at is not None),
    ):
        expected = list_ids([row for row in crowd if holds(row)])
        assert expected, chosen
        assert list_ids(list_all(chosen)) == expected, chosen


def test_due_this_week_and_campaign(crowd: list[ListRow]) -> None:
    today = NOW.date()
    soon = [row for row in crowd if row.listed.due_on and today <= row.listed.due_on <= today + timedelta(days=7)]
    assert list_ids(list_all(PeopleFilter(due="week"))) == list_ids(soon)
    campaign = next(row.listed.campaign_id for row in crowd if row.listed.campaign_id)
    invited = list_ids([row for row in crowd if row.listed.campaign_id == campaign])
    assert list_ids(list_all(PeopleFilter(campaign=campaign))) == invited


def test_columns_are_chosen_by_the_address_and_kept_by_its_links(admin: Visitor) -> None:
    factories.make_person(name="Ada", employee_number="4711")

    def list_headers(path: str) -> list[str]:
        return [get_text(cell).strip(" ↑↓") for cell in admin.page(path).all("th") if cell.get("scope") == "col"]

    assert list_headers("/admin/people")[1:] == ["Name", "Address", "Team", "Stage", "Since", "Attention"]
    page = admin.page("/admin/people?columns=number,due&sort=-due")
    assert list_headers("/admin/people?columns=number,due&sort=-due")[1:] == ["Name", "Number", "Stage", "Due"]
    assert "4711" in page.text
    orders = {get_text(link).strip(" ↑↓"): link.get("href", "") for link in page.all("a")}
    assert orders["Name"] == "/admin/people?sort=name&columns=number,due"
    assert orders["Due"] == "/admin/people?sort=due&columns=number,due"
