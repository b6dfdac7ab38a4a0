"""The retention table on pages: public privacy page, consent, My data, console and the page of a person who left."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from portal.db import transaction
from portal.domain.retention import LEAVERS_PHOTOS
from portal.domain.retention_periods import RetentionPeriods, parse_retention
from portal.models import roster
from portal.models.people import Person
from portal.models.roster import RosterEntry
from portal.services import retention_plan
from tests import factories
from tests.factories import NOW
from tests.integration.web_pages.conftest import Visitor, sign_in_as
from tests.integration.web_pages.html_document import Document, get_text

DAY = timedelta(days=1)


@pytest.fixture
def admin(sign_in: Callable[[Person], Visitor], context: None) -> Visitor:
    """An admin."""
    return sign_in(factories.make_person(name="Cleo", role="admin"))


def list_cells(document: Document) -> dict[str, str]:
    """Return the last cell of each row of the tables by its heading."""
    rows = [list(row) for row in document.all("tr")]
    return {get_text(next(cell for cell in row if cell.tag.endswith("th"))): get_text(row[-1]) for row in rows[1:]}


@pytest.mark.privacy("P07", "P08")
@pytest.mark.parametrize(
    ("text", "unchosen", "left", "audit"),
    [("", "90 days", "30 days", "3 years"), ("unchosen=60, leavers=14, audit=400", "60 days", "14 days", "400 days")],
    ids=["defaults", "set"],
)
def test_public_page_shows_the_periods_in_force(
    make_app: Callable[..., Flask], text: str, unchosen: str, left: str, audit: str
) -> None:
    app = make_app(retention=parse_retention(text))
    document = Document(app.test_client().get("/privacy").text)
    cells = list_cells(document)
    assert cells["Headshots you don’t choose"] == f"{unchosen} after they’re made"
    assert f"{left} after you leave the company" in cells["The headshot you choose"]
    assert cells["A log of what was done, without names"] == audit
    assert len(cells) >= 14
    assert "Every night the portal deletes what has reached its end" in document.text
    # The text that people agree to has the same numbers.
    assert f"unchosen after {unchosen.partition(' ')[0]}." in document.text
    with app.app_context():
        person = factories.make_person(name="Ada")
        assert (
            f"unchosen after {unchosen.partition(' ')[0]}." in sign_in_as(app, person).page("/headshots/consent").text
        )
        assert f"Here for {audit}" in sign_in_as(app, person).page("/headshots/data").text


def test_console_lists_what_will_be_deleted_and_what_was(admin: Visitor) -> None:
    entry = RosterEntry(
        address="never@corp.example", source="import", created_at=NOW - 175 * DAY, changed_at=NOW - 175 * DAY
    )
    with transaction() as session:
        session.add(entry)
    page = admin.page("/admin/retention")
    assert "People on the roster who never signed in" in page.text
    assert "never@corp.example" not in page.text
    assert "Nothing so far." in page.text
    planned = retention_plan.list_planned(RetentionPeriods(), now=NOW)
    assert [(each.rule.key, each.on, each.count) for each in planned if each.rule.key == "no-sign-in"] == [
        ("no-sign-in", (NOW + 5 * DAY).date(), 1)
    ]
    assert list_cells(page)["Headshots that weren’t chosen"] == "unchosen"


def make_leaver() -> Person:
    person = factories.make_person("left@corp.example", name="Lee Left")
    factories.make_finished_shoot(person)
    with transaction() as session:
        session.add(
            RosterEntry(
                address="left@corp.example", source="import", created_at=NOW, changed_at=NOW, person_id=person.id
            )
        )
    return person


@pytest.mark.privacy("P19")
def test_admin_marks_a_leaver_reads_the_date_and_takes_it_back(admin: Visitor) -> None:
    person = make_leaver()
    assert "are deleted on" not in admin.page(f"/admin/people/{person.id}").text
    assert admin.press(f"/admin/people/{person.id}/left", set="1").status_code == 303
    page = admin.page(f"/admin/people/{person.id}")
    until = NOW + LEAVERS_PHOTOS.default
    assert f"are deleted on {until:%B} {until.day}, {until.year}" in page.text
    assert "They haven’t left" in [get_text(button) for button in page.all("button")]
    admin.press(f"/admin/people/{person.id}/left", set="0")
    page = admin.page(f"/admin/people/{person.id}")
    assert "They haven’t left. Their pictures stay." in page.text
    assert "are deleted on" not in page.text
    with transaction():
        entry = roster.find_by_person(person.id)
        assert entry is not None
        assert entry.left_at is None
