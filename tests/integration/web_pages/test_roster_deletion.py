"""Deleting people from the roster who never signed in: asked first, audited without a name, and nothing is left."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text

from portal.db import Base, db, transaction
from portal.domain import job_types
from portal.domain.audiences import Audience
from portal.domain.reminder_plan import ReminderPlan
from portal.domain.roster_filter import RosterFilter
from portal.models import expiry, queue, roster_imports
from portal.models.audit import AuditEntry
from portal.models.campaigns import Campaign
from portal.models.notifications import Notification
from portal.models.people import Person
from portal.models.person_notes import PersonNote
from portal.models.provider_records import ProviderRecord
from portal.models.roster import RosterEntry
from portal.services import erasure_run
from portal.services import roster_imports as imports
from portal.web.context import get_context
from tests import factories
from tests.factories import NOW
from tests.integration.web_pages.conftest import Visitor

ADDRESS = "zelda.quist@example.com"
# The uploaded file is named after the person, too.
LIST = f"email;name\n{ADDRESS};Zelda Quist\nann@example.com;Ann\nno address;See {ADDRESS.upper()}\n"


@pytest.fixture
def admin(sign_in: Callable[[Person], Visitor], context: None) -> Visitor:
    """An admin."""
    return sign_in(factories.make_person(name="Cleo", role="admin"))


@pytest.fixture
def entry_id(admin: Visitor) -> UUID:
    """An expected person with a waiting mail, a note, a record of the provider, and a line in a checked list."""
    entry = RosterEntry(
        id=uuid4(), address=ADDRESS, name="Zelda Quist", source="import", created_at=NOW, changed_at=NOW
    )
    mail = Notification(
        id=uuid4(), kind="invitation", occasion=f"c:{entry.id}", roster_entry_id=entry.id, created_at=NOW
    )
    with transaction() as session:
        session.add(entry)
        session.add(make_campaign("zelda quis"))
        session.flush()
        session.add(PersonNote(roster_entry_id=entry.id, text="Asked Zelda Quist", written_at=NOW))
        session.add(ProviderRecord(kind="invite", key=ADDRESS, position=1, email=ADDRESS, status="pending"))
        session.add(mail)
        session.flush()
        queue.enqueue_job(job_types.SEND_NOTIFICATION, notice_id=str(mail.id))
    return entry.id


def make_campaign(search: str, state: str = "running") -> Campaign:
    """A campaign of the people whom a search finds."""
    audience = Audience(roster=RosterFilter(search=search))
    return Campaign(
        id=uuid4(),
        name="Spring",
        state=state,
        audience=audience.to_json(),
        reminders=ReminderPlan().to_json(),
        created_at=NOW,
        started_at=NOW,
        version=1,
    )


def read_audience(campaign_id: UUID) -> Audience:
    return Audience.from_json(db.session.scalars(select(Campaign.audience).where(Campaign.id == campaign_id)).one())


def upload_list(admin: Visitor, *, is_read: bool = True) -> UUID:
    response = admin.press("/admin/roster/import", file=(io.BytesIO(LIST.encode()), "zelda.quist.csv"))
    import_id = UUID(response.location.rsplit("/", 1)[1])
    if is_read:
        imports.read_import(import_id, get_context())
    return import_id


def list_traces() -> list[str]:
    """Return the tables with a row that contains the address or the name in any column, files included."""
    db.session.expire_all()
    found = []
    for name in [*Base.metadata.tables, "procrastinate_jobs"]:
        for row in db.session.execute(text(f"SELECT * FROM {name}")).mappings():
            written = " ".join(
                bytes(each).decode("utf-8", "replace") if isinstance(each, (bytes, memoryview)) else str(each)
                for each in row.values()
            ).casefold()
            if ADDRESS in written or "quist" in written:
                found.append(name)
                break
    return found


def test_deleted_entry_leaves_no_trace_and_an_audit_entry_without_name(admin: Visitor, entry_id: UUID) -> None:
    upload_list(admin)
    unread = upload_list(admin, is_read=False)
    assert {"roster_entries", "roster_import_lines", "roster_imports", "person_notes"} <= set(list_traces())
    page = admin.page(f"/admin/roster/entries/{entry_id}/delete")
    assert "Delete Zelda Quist from the roster?" in page.heading
    response = admin.press(f"/admin/roster/entries/{entry_id}/delete")
    assert response.location == "/admin/roster"
    assert list_traces() == []
    assert db.session.query(Notification).count() == 0
    assert db.session.scalar(text("SELECT count(*) FROM procrastinate_jobs WHERE task_name LIKE '%notif%'")) == 0
    entry = db.session.query(AuditEntry).filter_by(action="roster.deleted").one()
    assert (entry.subject_id, entry.detail["entry_id"]) == (None, str(entry_id))
    discarded = roster_imports.find_import(unread)
    assert discarded is not None
    assert discarded.state == "discarded"


def test_checked_list_can_be_confirmed_without_the_deleted_person(admin: Visitor, entry_id: UUID) -> None:
    import_id = upload_list(admin)
    admin.press(f"/admin/roster/entries/{entry_id}/delete")
    page = admin.page(f"/admin/roster/import/{import_id}")
    assert "The columns can’t be changed any more" in page.text
    found = roster_imports.find_import(import_id)
    assert found is not None
    refused = admin.press(f"/admin/roster/import/{import_id}/columns", version=str(found.version), address="0")
    assert refused.status_code == 409
    admin.press(f"/admin/roster/import/{import_id}/confirm", version=str(found.version))
    applied = roster_imports.find_import(import_id)
    assert applied is not None
    imports.apply_import(import_id, applied.version, get_context())
    db.session.expire_all()
    assert [each.address for each in db.session.query(RosterEntry)] == ["ann@example.com"]


def test_person_with_an_account_is_erased_instead(admin: Visitor) -> None:
    person = factories.make_person("ann@example.com", name="Ann")
    entry = RosterEntry(
        id=uuid4(), address=person.email, source="import", person_id=person.id, created_at=NOW, changed_at=NOW
    )
    with transaction() as session:
        session.add(entry)
    path = f"/admin/roster/entries/{entry.id}/delete"
    assert admin.get(path).location == f"/admin/people/{person.id}/erase"
    assert admin.press(path).status_code == 409
    db.session.expire_all()
    assert db.session.get(RosterEntry, entry.id) is not None


def test_second_press_finds_no_entry(admin: Visitor, entry_id: UUID) -> None:
    path = f"/admin/roster/entries/{entry_id}/delete"
    admin.press(path)
    assert admin.press(path).status_code == 404
    assert db.session.query(AuditEntry).filter_by(action="roster.deleted").count() == 1


def test_selected_people_without_account_are_deleted_together(admin: Visitor, entry_id: UUID) -> None:
    person = factories.make_person("ann@example.com", name="Ann")
    query = f"action=delete&selected={entry_id}&selected={person.id}"
    page = admin.page(f"/admin/people/selection?{query}")
    assert "Delete 1 person from the roster?" in page.heading
    assert "1 has an account; erase it on its own page" in page.text
    plan = page.value_of("plan")
    response = admin.press(
        "/admin/people/selection", action="delete", selected=[str(entry_id), str(person.id)], plan=plan
    )
    assert response.status_code == 303
    assert list_traces() == []


def erase_completely(admin: Visitor, person: Person) -> None:
    response = admin.press(f"/admin/people/{person.id}/erase", address=person.email)
    erasure_run.erase_local_data(
        UUID(response.location.rsplit("/", 1)[1]), storage=get_context().storage, now=get_context().clock()
    )


def test_entry_of_an_erased_person_is_deleted_without_a_sign_in_after_the_import(
    admin: Visitor, entry_id: UUID
) -> None:
    erase_completely(admin, factories.make_person(ADDRESS.title(), name="Zelda Quist"))
    assert list_traces() == []
    assert db.session.get(RosterEntry, entry_id) is None
    assert db.session.scalar(text("SELECT count(*) FROM procrastinate_jobs WHERE task_name LIKE '%notif%'")) == 0


def test_entry_stays_for_another_account_with_the_address(admin: Visitor, entry_id: UUID) -> None:
    factories.make_person(ADDRESS, name="Zelda Quist", subject="other")
    erase_completely(admin, factories.make_person(ADDRESS, name="Zelda Quist"))
    db.session.expire_all()
    assert db.session.get(RosterEntry, entry_id) is not None


def test_erased_person_leaves_saved_lists_too(admin: Visitor) -> None:
    person = factories.make_person(ADDRESS, name="Zelda Quist")
    import_id = upload_list(admin)
    with transaction() as session:
        session.add(make_campaign("quist"))
    erase_completely(admin, person)
    assert list_traces() == []
    found = roster_imports.find_import(import_id)
    assert found is not None
    assert found.counts["new"] == 1


def test_old_list_keeps_its_day_and_its_counts_alone(admin: Visitor) -> None:
    import_id = upload_list(admin)
    before = admin.page(f"/admin/roster/import/{import_id}")
    assert "zelda.quist.csv" in before.text
    with transaction():
        assert roster_imports.delete_contents(NOW + timedelta(days=8)) == 1
        assert roster_imports.delete_contents(NOW + timedelta(days=8)) == 0
    assert list_traces() == []
    for address in ("/admin/roster/import", f"/admin/roster/import/{import_id}"):
        assert "List of Nov 2" in admin.page(address).text
    found = roster_imports.find_import(import_id)
    assert found is not None
    assert found.counts["new"] == 2


def test_campaign_matches_no_person_by_a_deleted_search(admin: Visitor, entry_id: UUID) -> None:
    named_id = db.session.scalars(select(Campaign.id)).one()
    other = make_campaign("ze")
    other_id = other.id
    with transaction() as session:
        session.add(other)
    path = f"/admin/campaigns/{named_id}"
    assert admin.page(path).value_of("roster_search") == "zelda quis"
    admin.press(f"/admin/roster/entries/{entry_id}/delete")
    assert read_audience(named_id) == Audience(is_search_deleted=True)
    # Two letters alone are no name.
    assert read_audience(other_id).roster == RosterFilter(search="ze")
    assert admin.page(path).value_of("version") == "2"
    admin.press(path, version="2", name="Autumn", audience="link")
    assert "Choose again who gets it." in admin.page(path).text
    assert "was deleted, since it may name one of them. Choose again who gets it." in admin.page(path).text
    assert "No one." in admin.page(f"{path}/people?part=matching").text
    admin.press(path, version="3", name="Autumn", audience="everyone")
    assert "Choose again who gets it." not in admin.page(path).text


def test_search_is_deleted_when_its_campaign_ends(admin: Visitor, entry_id: UUID) -> None:
    [campaign] = db.session.scalars(select(Campaign))
    response = admin.press(f"/admin/campaigns/{campaign.id}/end", version=campaign.version)
    assert response.status_code == 303
    assert read_audience(campaign.id) == Audience(is_search_deleted=True)
    page = admin.page(f"/admin/campaigns/{campaign.id}")
    assert "was deleted when the campaign ended, since it may name one of them." in page.text


def test_search_is_deleted_with_an_entry_that_expires(admin: Visitor, entry_id: UUID) -> None:
    campaign_id = db.session.scalars(select(Campaign.id)).one()
    with transaction():
        assert expiry.delete_without_sign_in(NOW + timedelta(days=1), limit=10) == 1
    assert read_audience(campaign_id) == Audience(is_search_deleted=True)


def test_discarded_list_has_no_name(admin: Visitor) -> None:
    import_id = upload_list(admin)
    version = admin.page(f"/admin/roster/import/{import_id}").value_of("version")
    assert admin.press(f"/admin/roster/import/{import_id}/discard", version=version).status_code == 303
    assert list_traces() == []
