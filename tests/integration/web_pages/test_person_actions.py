"""One person's page: notes, a look at the chosen headshot, and erasing the person."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from portal.db import db, transaction
from portal.models import choices
from portal.models.audit import AuditEntry
from portal.models.erasures import Erasure
from portal.models.people import Person
from portal.models.person_notes import PersonNote
from portal.models.roster import RosterEntry
from portal.services import data_export, erasure_run
from portal.web.context import get_context
from tests import factories
from tests.factories import NOW
from tests.integration.web_pages.conftest import Visitor, store_renditions

SignIn = Callable[[Person], Visitor]


@pytest.fixture
def admin(sign_in: SignIn, context: None) -> Visitor:
    """An admin."""
    return sign_in(factories.make_person(name="Cleo", role="admin"))


def list_audited(action: str) -> list[tuple[UUID | None, UUID | None]]:
    query = select(AuditEntry.actor_id, AuditEntry.subject_id).where(AuditEntry.action == action)
    return [(actor, subject) for actor, subject in db.session.execute(query)]


def write_note(admin: Visitor, about: UUID, text: str = "On leave until May.") -> UUID:
    note_id = uuid4()
    for _press in range(2):
        assert admin.press(f"/admin/people/{about}/notes", text=text, note_id=str(note_id)).status_code == 303
    return note_id


def test_note_is_written_once_and_read_by_admins_and_its_person(admin: Visitor, sign_in: SignIn) -> None:
    person = factories.make_person(name="Ada")
    note_id = write_note(admin, person.id)
    assert admin.page(f"/admin/people/{person.id}").text.count("On leave until May.") == 1
    ada = sign_in(person)
    text = ada.page("/headshots/data").text
    assert "A note by Cleo" in text
    assert "On leave until May." in text
    assert "Wrote a note about you" in text
    assert list_audited("note.written") == [(admin.person.id, person.id)]
    assert admin.press(f"/admin/people/{person.id}/notes/{note_id}/delete").status_code == 303
    assert "On leave" not in admin.page(f"/admin/people/{person.id}").text
    assert list_audited("note.deleted") == [(admin.person.id, person.id)]


def test_note_is_in_the_export_of_its_person(admin: Visitor) -> None:
    person = factories.make_person(name="Ada")
    write_note(admin, person.id)
    entries = data_export.list_data_entries(person.id, get_context())
    records = next(each for each in entries if each.name == "records.json").content
    assert records is not None
    assert "On leave until May." in records.decode()
    assert str(admin.person.id) not in records.decode()


def test_note_about_an_expected_person_stays_with_them(admin: Visitor) -> None:
    person = factories.make_person("ann@example.com", name="Ann")
    entry = RosterEntry(id=uuid4(), address="ann@example.com", source="import", created_at=NOW, changed_at=NOW)
    with transaction() as session:
        session.add(entry)
    write_note(admin, entry.id)
    assert "On leave until May." in admin.page(f"/admin/people/{entry.id}").text
    with transaction() as session:
        session.get_one(RosterEntry, entry.id).person_id = person.id
    assert "On leave until May." in admin.page(f"/admin/people/{person.id}").text


@pytest.mark.parametrize("text", ["", "  ", "x" * 2001])
def test_note_without_text_or_too_long_is_refused(admin: Visitor, text: str) -> None:
    person = factories.make_person()
    assert admin.press(f"/admin/people/{person.id}/notes", text=text, note_id=str(uuid4())).status_code == 400
    assert admin.press(f"/admin/people/{uuid4()}/notes", text="x", note_id=str(uuid4())).status_code == 404


def test_headshot_is_shown_once_chosen_and_each_view_is_listed_for_its_person(
    admin: Visitor, app: Flask, sign_in: SignIn
) -> None:
    person = factories.make_person(name="Ada")
    factories.make_consent(person)
    _, [photo, _other] = factories.make_finished_shoot(person)
    store_renditions(photo, 1)
    page = f"/admin/people/{person.id}"
    assert "Show headshot" not in admin.page(page).text
    assert [admin.get(f"{page}{end}").status_code for end in ("/headshot", "/headshot.jpg")] == [404, 404]
    ada = sign_in(person)
    with transaction():
        choices.create_choice(person.id, photo, origin="portal", key="k", acted_at=NOW, now=NOW)
    shown = admin.page(admin.page(page).link("Show headshot"))
    (image,) = [each for each in shown.all("img") if "headshot" in each.get("src", "")]
    assert list_audited("headshot.viewed") == []
    for _view in range(2):
        response = admin.get(image.get("src", ""))
        assert (response.status_code, response.content_type) == (200, "image/jpeg")
        assert response.headers["Cache-Control"] == "no-store"
    assert list_audited("headshot.viewed") == [(admin.person.id, person.id)] * 2
    assert ada.page("/headshots/data").text.count("Looked at your headshot") == 2
    assert ada.get(f"{page}/headshot.jpg").status_code == 403
    with transaction():
        choices.withdraw_all(person.id, NOW)
    assert admin.get(f"{page}/headshot.jpg").status_code == 404


def test_admin_erases_a_person_after_typing_their_address(admin: Visitor) -> None:
    person = factories.make_person("ada@example.com", name="Ada")
    write_note(admin, person.id)
    page = f"/admin/people/{person.id}"
    assert admin.page(admin.page(page).link("Erase…")).heading == "Erase Ada?"
    refused = admin.press(f"{page}/erase", address="ben@example.com")
    assert refused.status_code == 400
    assert "ben@example.com" in refused.text
    assert db.session.scalars(select(Erasure)).all() == []
    response = admin.press(f"{page}/erase", address=" ADA@example.com ")
    steps = admin.page(response.location)
    assert steps.heading == "Erasing everything"
    assert "Picture files deleted" in steps.text
    (erasure,) = db.session.scalars(select(Erasure))
    erasure_run.run_erasure(erasure.id, get_context())
    assert admin.page(response.location).heading == "Everything is erased"
    assert db.session.scalars(select(PersonNote)).all() == []
    assert admin.get(page).status_code == 404
    assert list_audited("person.erasure_ordered") == [(admin.person.id, person.id)]


def test_admin_cannot_erase_their_own_account(admin: Visitor) -> None:
    page = f"/admin/people/{admin.person.id}"
    assert "Erase…" not in admin.page(page).text
    assert admin.press(f"{page}/erase", address=admin.person.email).status_code == 409
