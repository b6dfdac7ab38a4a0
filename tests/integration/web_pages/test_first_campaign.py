"""The first campaign of a new admin: each page leads to the next step, and shows when mails are sent."""

from __future__ import annotations

import io
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest

from portal.db import transaction
from portal.models import roster_imports
from portal.models.campaigns import Campaign
from portal.models.people import Person
from portal.models.roster import RosterEntry
from portal.services import roster_imports as imports
from portal.web.context import get_context
from tests import factories
from tests.factories import NOW
from tests.integration.web_pages.conftest import Visitor
from tests.integration.web_pages.html_document import Document, get_text

LIST = b"email;name\nann@example.com;Ann\nben@example.com;Ben\n"


@pytest.fixture
def admin(sign_in: Callable[[Person], Visitor], context: None) -> Visitor:
    """An admin."""
    return sign_in(factories.make_person(name="Cleo", role="admin"))


def import_list(admin: Visitor) -> Document:
    """Import a list as the worker does; return the import's page."""
    response = admin.press("/admin/roster/import", file=(io.BytesIO(LIST), "list.csv"))
    import_id = UUID(response.location.rsplit("/", 1)[1])
    imports.read_import(import_id, get_context())
    checked = roster_imports.find_import(import_id)
    assert checked is not None
    admin.press(f"/admin/roster/import/{import_id}/confirm", version=str(checked.version))
    imports.apply_import(import_id, checked.version + 1, get_context())
    return admin.page(response.location)


def find_links(page: Document) -> dict[str, str]:
    return {get_text(link): link.get("href", "") for link in page.all("a")}


def make_running(silent_from: int, silent_until: int) -> UUID:
    """Store a running campaign with these quiet hours."""
    plan = {"silent_from": silent_from, "silent_until": silent_until, "on_weekends": True}
    campaign = Campaign(
        id=uuid4(),
        name="Spring",
        state="running",
        audience={"everyone": True},
        reminders=plan,
        created_at=NOW,
        started_at=NOW,
    )
    with transaction() as session:
        session.add(campaign)
    return campaign.id


def test_finished_import_and_empty_list_lead_to_a_campaign(admin: Visitor) -> None:
    empty = find_links(admin.page("/admin/campaigns"))
    assert empty["Import people"] == "/admin/roster/import"
    page = import_list(admin)
    assert find_links(page)["Invite them with a campaign"] == "/admin/campaigns"
    page = admin.page("/admin/campaigns")
    assert "2 people are on the roster." in page.text
    assert "Import people" not in find_links(page)


def test_campaign_shows_when_waiting_mails_are_sent(admin: Visitor) -> None:
    hour = get_context().clock().astimezone(get_context().settings.time_zone).hour
    waiting = make_running((hour - 1) % 24, (hour + 2) % 24)
    assert "Quiet hours: mails are sent from" in admin.page(f"/admin/campaigns/{waiting}").text
    running = make_running((hour + 2) % 24, (hour + 4) % 24)
    assert "Quiet hours: mails are sent from" not in admin.page(f"/admin/campaigns/{running}").text


def test_audit_trail_names_an_expected_person(admin: Visitor) -> None:
    entry = RosterEntry(
        id=uuid4(), address="dora@example.com", name="Dora Quist", source="import", created_at=NOW, changed_at=NOW
    )
    with transaction() as session:
        session.add(entry)
    admin.page(f"/admin/people/{entry.id}")
    assert "Dora Quist" in admin.page("/admin/audit").text
    assert "erased person" not in admin.page("/admin/audit").text
