"""One team in several spellings: it has one name on the roster, the one on which its manager's rights depend."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from flask import Flask

from portal.db import transaction
from portal.domain.roles import Principals
from portal.models import roster, roster_imports
from portal.models.people import Person
from portal.models.roster import RosterEntry
from portal.services import roster_imports as imports
from portal.web.context import get_context
from tests import factories
from tests.integration.web_pages.conftest import Visitor
from tests.integration.web_pages.html_document import get_text

LIST = "email;name;team\nann@example.com;Ann; SALES \nben@example.com;Ben;Sales\ncy@example.com;Cy;Sales EMEA\n"


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app(team_managers={"sales": Principals(frozenset({"mia@example.com"}), frozenset())})


@pytest.fixture
def admin(sign_in: Callable[[Person], Visitor], context: None) -> Visitor:
    return sign_in(factories.make_person("cleo@example.com", name="Cleo", role="admin"))


def import_list(admin: Visitor, text: str = LIST) -> dict[str, int]:
    """Import a list as the worker does; return the counts of its lines."""
    import_id = UUID(admin.press("/admin/roster/import", pasted=text).location.rsplit("/", 1)[1])
    imports.read_import(import_id, get_context())
    checked = roster_imports.find_import(import_id)
    assert checked is not None
    admin.press(f"/admin/roster/import/{import_id}/confirm", version=str(checked.version))
    imports.apply_import(import_id, checked.version + 1, get_context())
    return dict(checked.counts)


def get_team(address: str) -> str | None:
    found = roster.find_by_address(address)
    assert found is not None
    return found.team


def test_list_takes_the_spelling_of_the_managed_team(admin: Visitor) -> None:
    import_list(admin)
    assert [get_team(f"{name}@example.com") for name in ("ann", "ben", "cy")] == ["sales", "sales", "Sales EMEA"]
    assert import_list(admin) == {"known": 3}


def test_entries_with_another_spelling_are_corrected_by_the_next_list(admin: Visitor) -> None:
    with transaction() as session:
        at = get_context().clock()
        session.add(
            RosterEntry(
                address="ann@example.com", name="Ann", team="Sales", source="import", created_at=at, changed_at=at
            )
        )
    assert import_list(admin) == {"new": 2, "changed": 1}
    assert get_team("ann@example.com") == "sales"


def test_person_moved_to_another_spelling_joins_the_team(admin: Visitor) -> None:
    import_list(admin)
    entry = roster.find_by_address("cy@example.com")
    assert entry is not None
    fields = {"action": "team", "selected": str(entry.id), "new_team": "  Sales  "}
    page = admin.client.get("/admin/people/selection", query_string=fields).text
    assert 'value="sales"' in page


def test_board_shows_one_team_for_roster_and_groups(admin: Visitor) -> None:
    factories.make_person("dan@example.com", groups=["sales"])
    import_list(admin)
    section = next(each for each in admin.page("/admin/").all("section") if each.get("aria-labelledby") == "team-title")
    rows = {get_text(row[0]): get_text(row[1]) for row in section.iter("{http://www.w3.org/1999/xhtml}tr")}
    assert {name: rows[name] for name in rows if name != "Team"} == {"sales": "3", "Sales EMEA": "1"}


def test_manager_sees_the_members_in_every_spelling_and_no_other_team(
    admin: Visitor, sign_in: Callable[[Person], Visitor]
) -> None:
    import_list(admin)
    manager = factories.make_person("mia@example.com", name="Mia", role="manager", roles=["manager"], manages=["sales"])
    text = sign_in(manager).page("/team").text
    assert "Ann" in text
    assert "Ben" in text
    assert "Cy" not in text
