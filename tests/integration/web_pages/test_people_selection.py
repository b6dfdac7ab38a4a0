"""Actions on many people of the console's list: what the confirmation states, and that exactly that happens, once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from portal.db import db, transaction
from portal.models.audit import AuditEntry
from portal.models.campaigns import Campaign
from portal.models.exports import Export
from portal.models.notifications import Notification
from portal.models.people import Person
from portal.models.roster import RosterEntry
from portal.models.sessions import Session
from tests import factories
from tests.factories import NOW
from tests.integration.web_pages.chosen_headshots import make_person_with_choice
from tests.integration.web_pages.conftest import Visitor
from tests.integration.web_pages.html_document import Document, get_text

PATH = "/admin/people/selection"


@pytest.fixture
def admin(sign_in: Callable[[Person], Visitor], context: None) -> Visitor:
    """An admin."""
    return sign_in(factories.make_person(name="Cleo", role="admin"))


def make_campaign(state: str = "running", name: str = "Spring") -> UUID:
    campaign = Campaign(id=uuid4(), name=name, state=state, audience={}, reminders={}, created_at=NOW)
    with transaction() as session:
        session.add(campaign)
    return campaign.id


def make_entry(name: str, **fields: Any) -> UUID:
    """Store a roster entry; return its id."""
    values = {"address": f"{name.lower()}@example.com", "name": name, "source": "import", "created_at": NOW}
    entry = RosterEntry(id=uuid4(), changed_at=NOW, **(values | fields))
    with transaction() as session:
        session.add(entry)
    return entry.id


def get_entry(entry_id: UUID) -> RosterEntry:
    db.session.expire_all()
    return db.session.get_one(RosterEntry, entry_id)


def open_confirmation(admin: Visitor, action: str, *ids: UUID, **query: str) -> Document:
    """Open the confirmation."""
    chosen = "&".join(
        [f"action={action}", *(f"selected={each}" for each in ids), *(f"{k}={v}" for k, v in query.items())]
    )
    return admin.page(f"{PATH}?{chosen}")


def list_fields(page: Document) -> dict[str, Any]:
    """The hidden fields of the confirmation's form, as a browser sends them."""
    form = next(form for form in page.all("form") if form.get("action") == PATH and form.get("method") == "post")
    fields: dict[str, Any] = {}
    for field in form.iter("{http://www.w3.org/1999/xhtml}input"):
        name = field.get("name") or ""
        if name == "selected":
            fields.setdefault(name, []).append(field.get("value"))
        elif name not in {"csrf_token", "reason"}:
            fields[name] = field.get("value")
    return fields


def submit_confirmation(admin: Visitor, page: Document, **more: str) -> Document:
    """Press the confirmation's button and return the page that follows."""
    response = admin.press(PATH, **list_fields(page), **more)
    assert response.status_code == 303, response.text
    return admin.page(response.location)


def count_audited(action: str) -> int:
    return db.session.scalar(select(func.count()).where(AuditEntry.action == action)) or 0


def test_confirmation_names_reminded_people_and_those_left_out(admin: Visitor) -> None:
    campaign = make_campaign()
    invited = {"campaign_id": campaign, "invited_at": NOW}
    ids = [
        make_entry("Ann", **invited),
        make_entry("Bob", **invited, muted_at=NOW),
        make_entry("Cid", **invited, bounced_at=NOW),
        make_entry("Dee", **invited, left_at=NOW),
        make_entry("Eve", campaign_id=campaign),
        make_entry("Fay"),
        factories.make_person(name="Gus").id,
    ]
    page = open_confirmation(admin, "remind", *ids)
    assert page.heading == "Remind 1 person by email?"
    assert "7 selected" in page.text
    left_out = [get_text(each) for each in page.all("li")]
    for sentence in (
        "1 has left or is deactivated: Dee",
        "1 isn’t on the roster: Gus",
        "1 is in no running campaign: Fay",
        "1 is muted: Bob",
        "1 has an address that refuses mail: Cid",
        "1 isn’t invited yet: Eve",
    ):
        assert sentence in left_out
    assert "1 person is reminded." in submit_confirmation(admin, page).text
    (mail,) = db.session.scalars(select(Notification).where(Notification.kind == "reminder"))
    assert mail.roster_entry_id == ids[0]
    again = open_confirmation(admin, "remind", *ids)
    assert "1 has a reminder today already: Ann" in [get_text(each) for each in again.all("li")]
    assert count_audited("campaign.reminded") == 1


def test_same_confirmation_twice_changes_once(admin: Visitor) -> None:
    entry = make_entry("Ann")
    page = open_confirmation(admin, "mute", entry)
    assert page.heading == "Mute campaign emails to 1 person?"
    assert "1 person is muted." in submit_confirmation(admin, page).text
    muted_at = get_entry(entry).muted_at
    assert "Nothing changed." in submit_confirmation(admin, page).text
    assert get_entry(entry).muted_at == muted_at
    assert count_audited("roster.muted") == 1
    assert "1 person is unmuted." in submit_confirmation(admin, open_confirmation(admin, "unmute", entry)).text
    assert get_entry(entry).muted_at is None


def test_list_that_changed_meanwhile_is_shown_again(admin: Visitor) -> None:
    make_entry("Ann", team="Sales")
    page = open_confirmation(admin, "mute", all="1", team="Sales")
    assert page.heading == "Mute campaign emails to 1 person?"
    later = make_entry("Bob", team="Sales")
    response = admin.press(PATH, **list_fields(page))
    assert response.status_code == 409
    shown = Document(response.text)
    assert "The list changed while this page was open." in shown.text
    assert shown.heading == "Mute campaign emails to 2 people?"
    assert get_entry(later).muted_at is None
    assert "2 people are muted." in submit_confirmation(admin, shown).text


def test_all_matching_people_are_selected_across_pages(admin: Visitor) -> None:
    entries = [make_entry(f"P{number}", team="Sales") for number in range(60)]
    make_entry("Other", team="Legal")
    listed = admin.page("/admin/people?team=Sales")
    assert "all 60 that match" in listed.text
    page = open_confirmation(admin, "team", all="1", team="Sales", new_team="Berlin")
    assert page.heading == "Move 60 people?"
    assert "60 people were moved." in submit_confirmation(admin, page).text
    assert {get_entry(each).team for each in entries} == {"Berlin"}
    assert count_audited("roster.team_set") == 60


def test_due_date_is_required_first(admin: Visitor) -> None:
    entry = make_entry("Ann", due_on=date(2026, 11, 20))
    page = open_confirmation(admin, "due", entry)
    assert page.heading == "Set due date…"
    assert "This day is over." in open_confirmation(admin, "due", entry, new_due="2026-01-01").text
    assert "Write the date like" in open_confirmation(admin, "due", entry, new_due="soon").text
    page = open_confirmation(admin, "due", entry, new_due="2026-12-11")
    assert "December 11, 2026" in page.text
    submit_confirmation(admin, page)
    assert get_entry(entry).due_on == date(2026, 12, 11)
    assert "1 has this due date already: Ann" in open_confirmation(admin, "due", entry, new_due="2026-12-11").text
    submit_confirmation(admin, open_confirmation(admin, "due", entry, new_due=""))
    assert get_entry(entry).due_on is None


def test_invitation_needs_a_running_campaign_and_includes_people_without_an_entry(admin: Visitor) -> None:
    entry, person = make_entry("Ann"), factories.make_person("gus@example.com", name="Gus")
    assert "No campaign is running." in open_confirmation(admin, "invite", entry).text
    make_campaign("draft")
    assert "No campaign is running." in open_confirmation(admin, "invite", entry).text
    first = make_campaign()
    assert open_confirmation(admin, "invite", entry, person.id).heading == "Invite 2 people?"
    second = make_campaign(name="Autumn")
    options = [get_text(each) for each in open_confirmation(admin, "invite", entry).all("option")]
    assert sorted(options) == ["Autumn", "Spring"]
    page = open_confirmation(admin, "invite", entry, person.id, into=str(second))
    assert "2 people are invited." in submit_confirmation(admin, page).text
    assert get_entry(entry).campaign_id == second
    joined = db.session.scalars(select(RosterEntry).where(RosterEntry.person_id == person.id)).one()
    assert (joined.campaign_id, joined.source) == (second, "manual")
    assert count_audited("campaign.person_added") == 2
    text = open_confirmation(admin, "invite", entry, into=str(second)).text
    assert "1 is in this campaign already: Ann" in text
    assert "1 is in another campaign: Ann" in open_confirmation(admin, "invite", entry, into=str(first)).text


def test_campaign_that_ended_meanwhile_adds_no_person(admin: Visitor) -> None:
    entry, campaign = make_entry("Ann"), make_campaign()
    page = open_confirmation(admin, "invite", entry)
    with transaction() as session:
        session.get_one(Campaign, campaign).state = "ended"
    response = admin.press(PATH, **list_fields(page))
    assert response.status_code == 409
    assert "No campaign is running." in Document(response.text).text
    assert get_entry(entry).campaign_id is None


def test_admin_stays_signed_in_when_signing_all_people_out(
    admin: Visitor, sign_in: Callable[[Person], Visitor]
) -> None:
    other = factories.make_person(name="Ada")
    sign_in(other)
    page = open_confirmation(admin, "sign_out", all="1")
    assert page.heading == "Sign out 1 person everywhere?"
    assert "You are left out, so that you stay signed in" in page.text
    assert "1 person was signed out everywhere." in submit_confirmation(admin, page).text
    assert list(db.session.scalars(select(Session.person_id))) == [admin.person.id]


def test_export_of_the_selection_holds_people_with_an_agreement(admin: Visitor) -> None:
    ada, ben = make_person_with_choice("Ada Lovelace"), make_person_with_choice("Ben Studio", is_agreed=False)
    make_person_with_choice("Not Selected")
    new = factories.make_person(name="Cid")
    page = open_confirmation(admin, "export", ada.id, ben.id, new.id)
    assert page.heading == "Export 1 headshot?"
    left_out = [get_text(each) for each in page.all("li")]
    assert "1 hasn’t agreed to the use of the headshot: Ben Studio" in left_out
    assert "1 hasn’t chosen a headshot: Cid" in left_out
    fields = {"kind": "headshots", "size": "directory"}
    refused = admin.press(PATH, **list_fields(page), **fields)
    assert refused.status_code == 400
    assert "Write why you need these pictures" in refused.text
    fields |= {"reason": "New badges"}
    submit_confirmation(admin, page, **fields)
    submit_confirmation(admin, page, **fields)
    (export,) = db.session.scalars(select(Export))
    assert export.filters == {"ids": [str(ada.id)]}
    assert count_audited("export.requested") == 1
    assert "1 selected person" in admin.page("/admin/exports").text


def test_status_of_the_selection_is_a_csv(admin: Visitor) -> None:
    entry = make_entry("Ann")
    make_entry("Bob")
    lines = admin.get(f"/admin/people.csv?action=export&selected={entry}").text.splitlines()
    assert len(lines) == 2
    assert "Ann" in lines[1]
    assert len(admin.get("/admin/people.csv?action=export&all=1&q=bo").text.splitlines()) == 2


@pytest.mark.parametrize("query", ["action=fly", "selected=1", "action=mute&selected=x", ""])
def test_selection_that_is_none_is_refused(admin: Visitor, query: str) -> None:
    assert admin.get(f"{PATH}?{query}").status_code == 400


def test_empty_selection_leads_back_to_the_same_list(admin: Visitor) -> None:
    page = admin.page(f"{PATH}?action=mute&team=Sales")
    assert "No one is selected" in page.text
    assert page.link("Back to the list") == "/admin/people?team=Sales"


def make_invited(name: str, campaign: UUID, **fields: Any) -> UUID:
    return make_entry(name, campaign_id=campaign, invited_at=NOW, team="sales", **fields)


def test_manager_reminds_their_team_without_learning_why_some_are_left_out(
    sign_in: Callable[[Person], Visitor], context: None
) -> None:
    campaign = make_campaign()
    ann = make_invited("Ann", campaign)
    bob = make_invited("Bob", campaign)
    make_invited("Cid", campaign, muted_at=NOW)
    make_entry("Other", campaign_id=campaign, invited_at=NOW, team="berlin")
    manager = sign_in(factories.make_person(name="Mia", role="manager", manages=["sales"]))
    page = manager.page(f"/team/remind?name=sales&selected={ann}")
    assert page.heading == "Remind 1 person by email?"
    page = manager.page("/team/remind?name=sales")
    assert page.heading == "Remind 2 people by email?"
    assert "1 person is left out" in page.text
    for hidden in ("muted", "Cid", "Other", "@example.com"):
        assert hidden not in page.markup.replace("help@example.com", "").partition("<main")[2].partition("</main")[0], (
            hidden
        )
    fields = {"name": "sales", "plan": page.value_of("plan")}
    assert manager.press("/team/remind", **fields, selected=str(bob)).status_code == 409
    assert manager.press("/team/remind", **fields).location == "/team?name=sales"
    assert "2 people are reminded." in manager.page("/team?name=sales").text
    manager.press("/team/remind", **fields)
    assert count_mails("reminder") == 2
    (entry, _again) = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "campaign.reminded"))
    assert (entry.actor_id, entry.detail["count"]) == (manager.person.id, 2)
    assert manager.get("/team/remind?name=berlin").status_code == 404


@pytest.mark.parametrize("has_signed_in", [False, True])
def test_person_is_reminded_from_their_page(admin: Visitor, has_signed_in: bool) -> None:
    campaign = make_campaign()
    person = factories.make_person(name="Ann") if has_signed_in else None
    entry_id = make_entry("Ann", campaign_id=campaign, invited_at=NOW, person_id=person.id if person else None)
    path = f"/admin/people/{person.id if person else entry_id}"
    question = admin.page(admin.page(path).link("Remind by email…"))
    assert question.heading == "Remind 1 person by email?"
    assert question.link("Cancel") == path
    fields = {"action": "remind", "from": "person", "selected": path.rpartition("/")[2]}
    assert admin.press(PATH, **fields, plan=question.value_of("plan")).location == path
    assert "1 person is reminded." in admin.page(path).text
    assert count_mails("reminder") == 1


def test_person_without_a_campaign_is_invited_from_their_page(admin: Visitor) -> None:
    entry_id = make_entry("Ann")
    page = admin.page(f"/admin/people/{entry_id}")
    assert "Remind by email…" not in page.text
    assert page.link("Invite…").startswith(PATH)


def count_mails(kind: str) -> int:
    return db.session.scalar(select(func.count()).where(Notification.kind == kind)) or 0
