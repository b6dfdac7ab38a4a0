"""The console's people and a manager's team: who is how far, who is let in, and what each role gets to see."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from portal.db import db, transaction
from portal.domain.stages import Stage
from portal.models import choices, consents
from portal.models.audit import AuditEntry
from portal.models.people import Person
from portal.models.people_list import PeopleFilter
from portal.models.photos import Photo
from portal.models.sessions import Session
from portal.services import journey, monitoring, people_list
from tests import factories
from tests.factories import NOW
from tests.integration.web_pages.conftest import Visitor
from tests.integration.web_pages.html_document import get_text

SignIn = Callable[[Person], Visitor]
UNKNOWN_ID = UUID("11111111-1111-1111-1111-111111111111")
DAY = timedelta(days=1)


@pytest.fixture
def admin(sign_in: SignIn, context: None) -> Visitor:
    """An admin."""
    return sign_in(factories.make_person(name="Cleo", role="admin"))


def list_names(visitor: Visitor, path: str) -> list[str]:
    """The people a page of the list names, in its order."""
    page = visitor.page(path)
    links = [link for link in page.all("a") if re.search(r"/admin/people/[0-9a-f-]{36}(\?|$)", link.get("href", ""))]
    return [get_text(link) for link in links]


def list_audit_entries(action: str) -> list[AuditEntry]:
    return list(db.session.scalars(select(AuditEntry).where(AuditEntry.action == action)))


def make_person_in_each_stage() -> dict[Stage, Person]:
    """One person in every stage."""
    people = {stage: factories.make_person(name=f"In {stage}") for stage in Stage}
    for stage in set(Stage) - {Stage.NOT_STARTED}:
        factories.make_consent(people[stage])
    factories.make_shoot(people[Stage.IN_STUDIO], signed_url=b"sealed")
    factories.make_shoot(people[Stage.PHOTOS_RECEIVED], provider_status="waiting")
    factories.make_shoot(people[Stage.IN_PROGRESS], provider_status="pending")
    factories.make_shoot(people[Stage.PROBLEM], problem="no_credits", provider_status=None)
    factories.make_shoot(people[Stage.DELETED], provider_status="deleted")
    factories.make_finished_shoot(people[Stage.READY])
    shoot, photos = factories.make_finished_shoot(people[Stage.CHOSEN])
    with transaction():
        choices.create_choice(shoot.person_id, photos[0], origin="portal", key="k", acted_at=NOW, now=NOW)
        for consent in consents.list_active(people[Stage.WITHDRAWN].id):
            consent.withdrawn_at = NOW
    return people


def test_list_shows_each_stage_as_the_person_sees_it(admin: Visitor) -> None:
    made = make_person_in_each_stage()
    for stage, person in made.items():
        assert journey.get_journey(person).stage is stage
        found = [row.listed.id for row in people_list.list_people(PeopleFilter(stage=stage), now=NOW).rows]
        assert person.id in found, stage
        assert found == [person.id] or stage is Stage.NOT_STARTED
        assert f"In {stage}" in list_names(admin, f"/admin/people?stage={stage}")


def test_stage_counts_from_when_the_person_reached_it(context: None) -> None:
    people = {what: factories.make_person(now=NOW - 9 * DAY) for what in ("new", "agreed", "moved", "ready")}
    factories.make_consent(people["agreed"], now=NOW - 3 * DAY)
    for what in ("moved", "ready"):
        factories.make_consent(people[what])
    factories.make_shoot(people["moved"], provider_status="waiting", status_since=NOW - 2 * DAY)
    factories.make_finished_shoot(people["ready"], copied_at=NOW - DAY)
    since = {row.listed.id: row.since for row in people_list.list_people(PeopleFilter(), now=NOW).rows}
    assert None not in since.values()
    days = {what: (NOW - (since[person.id] or NOW)).days for what, person in people.items()}
    assert days == {"new": 9, "agreed": 3, "moved": 2, "ready": 1}


def test_stuck_are_those_the_health_page_lists(admin: Visitor) -> None:
    for name, fields in {
        "Stuck": {"provider_status": "waiting", "status_since": NOW - DAY},
        "Moving": {"provider_status": "waiting", "status_since": NOW},
        "Held": {"provider_status": "waiting", "status_since": NOW - DAY, "problem": "refused"},
        "Closed": {"provider_status": "waiting", "status_since": NOW - DAY, "closed_at": NOW},
    }.items():
        person = factories.make_person(name=name)
        factories.make_consent(person)
        factories.make_shoot(person, **fields)
    assert (
        list_names(admin, "/admin/people?stage=stuck")
        == [shoot.name for shoot in monitoring.get_health_report(NOW).stuck]
        == ["Stuck"]
    )


def test_people_are_found_by_beginnings_of_terms(admin: Visitor) -> None:
    factories.make_person("grace@navy.example", name="Grace Hopper")
    factories.make_person("100%@example.com", name="Percy_Cent")
    assert list_names(admin, "/admin/people?q=hOPP") == ["Grace Hopper"]
    assert list_names(admin, "/admin/people?q=navy.ex") == ["Grace Hopper"]
    assert list_names(admin, "/admin/people?q=100%25") == ["Percy_Cent"]
    assert list_names(admin, "/admin/people?q=percy_c") == ["Percy_Cent"]
    assert list_names(admin, "/admin/people?q=%25") == []
    assert list_names(admin, "/admin/people?q=nobody") == []


def test_people_are_found_by_any_of_their_roles(admin: Visitor) -> None:
    factories.make_person(name="Both", role="admin", roles=["admin", "operator"])
    factories.make_person(name="Plain")
    assert list_names(admin, "/admin/people?role=operator") == ["Both"]
    assert list_names(admin, "/admin/people?role=admin") == ["Both", "Cleo"]
    assert list_names(admin, "/admin/people?role=employee") == ["Plain"]


def test_every_person_is_listed_once_however_many_pages(admin: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people_list, "PAGE", 3)
    for name in ("ada", "Ada", "Ben", "Ben", "Élodie", "Zoe", "zoe"):
        factories.make_person(name=name)
    for query in ("", "?stage=not_started"):
        seen, path = [], f"/admin/people{query}"
        while path:
            seen += list_names(admin, path)
            more = [link.get("href") for link in admin.page(path).all("a") if get_text(link) == "Next page"]
            path = more[0] if more else ""
        assert sorted(seen) == sorted(["ada", "Ada", "Ben", "Ben", "Élodie", "Zoe", "zoe", "Cleo"]), query
        assert [name.casefold() for name in seen if name.isascii()] == sorted(
            name.casefold() for name in seen if name.isascii()
        )


@pytest.mark.parametrize(
    "query", ["after=x", f"after={UNKNOWN_ID}", "stage=nowhere", "role=king", "q=%00", f"q={'x' * 500}"]
)
def test_invalid_filters_are_ignored(admin: Visitor, query: str) -> None:
    assert admin.get(f"/admin/people?{query}").status_code == 200


def test_list_names_address_and_groups(admin: Visitor, sign_in: SignIn) -> None:
    sign_in(factories.make_person("ada@example.com", name="Ada", groups=["b", "a", "d", "c"]))
    (row,) = [get_text(row) for row in admin.page("/admin/people?q=ada").all("tr") if "Ada" in get_text(row)]
    assert "ada@example.com" in row
    assert "a, b and 2 more" in row


def test_console_pages_show_no_photos(admin: Visitor, sign_in: SignIn) -> None:
    person = make_person_in_each_stage()[Stage.CHOSEN]
    for path in ("/admin/people", f"/admin/people/{person.id}"):
        assert admin.page(path).all("img") == []
        assert "/photos/" not in admin.get(path).text


def test_page_of_a_person_shows_their_stage(admin: Visitor, sign_in: SignIn) -> None:
    made = make_person_in_each_stage()
    assert "needs help: no free session" in admin.page(f"/admin/people/{made[Stage.PROBLEM].id}").text
    text_parts = admin.page(f"/admin/people/{made[Stage.CHOSEN].id}").text
    for milestone in ("First signed in", "Agreed", "Pressed start", "Pictures ready", "Last chose a picture"):
        assert milestone in text_parts
    assert admin.get(f"/admin/people/{UNKNOWN_ID}").status_code == 404


def get_public_id(person: Person) -> UUID:
    return db.session.scalars(select(Session.public_id).where(Session.person_id == person.id)).one()


@pytest.mark.asvs("A10")
def test_admin_requests_another_copy_of_refused_photos(admin: Visitor) -> None:
    person = factories.make_person()
    factories.make_consent(person)
    _, made = factories.make_finished_shoot(person, 2)
    path = f"/admin/people/{person.id}"
    assert "Copy them again" not in admin.page(path).text
    with transaction() as session:
        photo = session.get(Photo, made[0].id)
        assert photo is not None
        photo.copied_at, photo.refused, photo.failing_since = None, "broken", NOW
    page = admin.page(path)
    assert "Pictures given up" in page.text
    assert "Copy them again" in [get_text(each) for each in page.all("button")]
    assert admin.press(f"{path}/retry-photos").status_code == 303
    assert "The missing pictures are copied again." in admin.page(path).text
    (entry,) = list_audit_entries("photos.retry_requested")
    assert (entry.subject_id, entry.detail["count"]) == (person.id, 1)


def test_admin_ends_one_sign_in_or_all(admin: Visitor, sign_in: SignIn) -> None:
    person = factories.make_person(name="Ada")
    foreign = sign_in(person)
    assert admin.press(f"/admin/people/{person.id}/sessions/{get_public_id(person)}/end").status_code == 303
    assert foreign.get("/headshots/status").status_code == 401
    again = sign_in(person)
    assert admin.press(f"/admin/people/{person.id}/sessions/end").status_code == 303
    assert "1 sign-in was ended." in admin.page(f"/admin/people/{person.id}").text
    assert again.get("/headshots/status").status_code == 401
    entries = [*list_audit_entries("session.ended"), *list_audit_entries("sessions.ended")]
    assert [(entry.actor_id, entry.subject_id) for entry in entries] == [(admin.person.id, person.id)] * 2


def test_sign_in_is_ended_only_under_its_own_person(admin: Visitor, sign_in: SignIn) -> None:
    person, other = factories.make_person(), factories.make_person()
    foreign = sign_in(person)
    assert admin.press(f"/admin/people/{other.id}/sessions/{get_public_id(person)}/end").status_code == 404
    assert admin.press(f"/admin/people/{UNKNOWN_ID}/sessions/end").status_code == 404
    assert foreign.get("/headshots/status").status_code == 200


def test_admin_deactivates_and_reactivates(admin: Visitor, sign_in: SignIn) -> None:
    person = factories.make_person(name="Ada")
    foreign = sign_in(person)
    page = f"/admin/people/{person.id}"
    requested = admin.page(admin.page(page).link("Deactivate…"))
    assert requested.heading == "Deactivate Ada?"
    assert foreign.get("/headshots/status").status_code == 200, "asking does nothing yet"
    assert admin.press(f"{page}/deactivate").status_code == 303
    for path in ("/headshots", "/headshots/gallery", "/account/sessions", "/headshots/studio"):
        assert foreign.get(path).status_code == 303, path
    assert foreign.get("/headshots/events").status_code == 401
    assert "Deactivated. This person can’t sign in." in admin.page(page).text
    assert admin.page(admin.page(page).link("Let in again…")).heading == "Let Ada in again?"
    assert admin.press(f"{page}/reactivate").status_code == 303
    assert sign_in(person).get("/headshots").location == "/headshots/consent"
    assert len(list_audit_entries("person.deactivated")) == len(list_audit_entries("person.reactivated")) == 1


def test_admin_cannot_deactivate_their_own_account(admin: Visitor) -> None:
    page = f"/admin/people/{admin.person.id}"
    assert "This is you." in admin.page(page).text
    response = admin.press(f"{page}/deactivate")
    assert response.status_code == 409
    assert "You can’t do this to yourself" in response.text
    assert admin.get(page).status_code == 200


def test_fields_these_forms_do_not_have_change_nothing(admin: Visitor) -> None:
    person = factories.make_person(name="Ada")
    fields = {"role": "admin", "roles": "admin", "email": "x@example.com", "person_id": str(admin.person.id)}
    assert admin.press(f"/admin/people/{person.id}/reactivate", **fields).status_code == 303
    assert admin.press(f"/admin/people/{person.id}/deactivate", **fields).status_code == 303
    db.session.expire_all()
    kept = db.session.get_one(Person, person.id)
    assert (kept.role, kept.roles, kept.email) == ("employee", [], person.email)
    assert db.session.get_one(Person, admin.person.id).deactivated_at is None


@pytest.fixture
def team(context: None) -> list[Person]:
    """Two people of sales, of whom one is held up, one of Berlin, and one who has left sales."""
    made = [factories.make_person(name=name, groups=["sales", "all"]) for name in ("Sam", "Sue")]
    factories.make_consent(made[1])
    factories.make_shoot(made[1], problem="refused")
    factories.make_person(name="Bea", groups=["berlin"])
    factories.make_person(name="Lee", groups=["sales"], deactivated_at=NOW)
    return made


def test_manager_sees_how_far_their_team_is_and_no_more(sign_in: SignIn, team: list[Person]) -> None:
    manager = sign_in(factories.make_person(name="Mia", role="manager", manages=["sales"]))
    page = manager.page("/team")
    rows = [get_text(row) for row in page.all("tr")][1:]
    assert [get_text(cell) for cell in page.all("th") if cell.get("scope") == "row"] == ["Sam", "Sue"]
    assert "Signed in" in rows[0]
    assert "Needs help" in rows[1]
    for hidden in ("refused by", "Bea", "Lee", "<img", "/admin/", *(person.email for person in team)):
        assert hidden not in page.markup, hidden


def test_team_of_another_manager_is_404_like_an_unknown_one(sign_in: SignIn, team: list[Person]) -> None:
    manager = sign_in(factories.make_person(name="Mia", role="manager", manages=["sales"]))
    for name in ("berlin", "all", "nothing", "", "Sales"):
        assert manager.get(f"/team?name={name}").status_code == 404, name
    assert manager.get("/admin/people").status_code == 403


def test_manager_of_several_switches_between_teams(sign_in: SignIn, team: list[Person]) -> None:
    manager = sign_in(factories.make_person(name="Mia", role="manager", manages=["sales", "berlin"]))
    page = manager.page("/team")
    assert page.heading == "Team berlin"
    assert "Bea" in page.text
    assert "Sam" in manager.page(page.link("sales")).text


def test_admin_role_does_not_imply_manager_role(admin: Visitor) -> None:
    assert admin.get("/team").status_code == 403
