"""The pages of the provider's account against a running sandbox: lists, invites, sessions, teams and testers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests
from flask import Flask

from portal.db import transaction
from portal.models import credits as stored_credits
from portal.models import provider_records
from portal.models.audit import AuditEntry
from portal.models.people import Person
from portal.models.provider_records import RecordFilter, RecordKind
from portal.models.roster import RosterEntry
from portal.models.shoots import Shoot
from portal.provider.errors import Unavailable
from portal.services import credits, erasure, erasure_run, provider_account, session_teams
from portal.web.context import get_context
from sandbox.testing import API_KEY, RunningSandbox, start_sandbox
from tests import factories
from tests.factories import NOW
from tests.integration.web_pages.conftest import Visitor

SWITCHES = {"rate_limit": 100_000, "gallery_size": 3, "pictures": "plain"}


@pytest.fixture
def studio() -> Iterator[RunningSandbox]:
    """A sandbox with one credit, which allows two open invites."""
    with start_sandbox(credits=1, switches=SWITCHES) as running:
        yield running


@pytest.fixture
def app(make_app: Callable[..., Flask], studio: RunningSandbox) -> Flask:
    return make_app(api_key=API_KEY, api_url=studio.api_url)


@pytest.fixture
def admin(sign_in: Callable[[Person], Visitor], context: None) -> Visitor:
    return sign_in(factories.make_person(name="Cleo", role="admin"))


def read_account() -> None:
    """Read the account as the worker does, with the balance."""
    credits.fetch_balance(get_context())
    provider_account.read_account(get_context())


def count_records(kind: RecordKind, **chosen: Any) -> int:
    return provider_records.count_records(RecordFilter(kind=kind, **chosen))


def send_control(studio: RunningSandbox, path: str, **body: Any) -> None:
    response = requests.post(f"{studio.control_url}{path}", json=body, timeout=60)
    assert response.ok, response.text


def get_last_result(action: str) -> str:
    with transaction() as session:
        entries = session.query(AuditEntry).filter(AuditEntry.action == action).order_by(AuditEntry.id)
        return [entry.result for entry in entries][-1]


def test_lists_show_members_sessions_and_favorites_with_their_age(admin: Visitor, studio: RunningSandbox) -> None:
    created = get_context().provider.create_model("ben@example.com", is_development=True)
    send_control(studio, f"/models/{created.model_id}/complete")
    assert "has not been read yet" in admin.page("/admin/account/members").text
    read_account()
    for page in ("members", "sessions"):
        assert "ben@example.com" in admin.page(f"/admin/account/{page}").text
    assert f"read {NOW:%b} {NOW.day}, {NOW.year}" in admin.page("/admin/account/members").text
    assert "test session" in admin.page("/admin/account/sessions").text
    assert "1 session at the studio belongs to nobody here." in admin.page("/admin/account/sessions").text
    assert "ben@example.com" in admin.page("/admin/account/sessions?q=BEN@").text
    assert "ben@example.com" not in admin.page("/admin/account/sessions?status=active").text
    assert "Nothing here" in admin.page("/admin/account/favorites").text


def test_unreachable_provider_leaves_the_last_lists_with_a_message(admin: Visitor, studio: RunningSandbox) -> None:
    get_context().provider.create_model("ben@example.com", is_development=True)
    read_account()
    send_control(studio, "/faults", on="api", fault="bad_gateway", count=None)
    with pytest.raises(Unavailable):
        provider_account.read_account(get_context())
    text = admin.page("/admin/account/members").text
    assert "ben@example.com" in text
    assert "this shows what was read before" in text


def test_cap_is_shown_before_it_is_reached_and_differs_from_rate_limiting(
    admin: Visitor, studio: RunningSandbox
) -> None:
    read_account()
    assert "The studio will refuse another invite" not in admin.page("/admin/account/invites").text
    for name in ("ann", "ben"):
        admin.press("/admin/account/invites/send", address=f"{name}@example.com")
    text = admin.page("/admin/account/invites").text
    assert "go around this portal’s consent" in text
    assert "The studio sends its invite now. The link in it works for 30 days." in text
    assert "The studio will refuse another invite" in text
    admin.press("/admin/account/invites/send", address="cy@example.com")
    text = admin.page("/admin/account/invites").text
    assert "All open invites are in use" in text
    assert "Too many calls" not in text
    assert get_last_result("provider.invited") == "refused"
    send_control(studio, "/faults", on="api", fault="rate_limited", count=5)
    admin.press("/admin/account/invites/revoke", address="ann@example.com")
    text = admin.page("/admin/account/invites").text
    assert "Too many calls in this minute, so nothing was changed." in text
    assert "All open invites are in use" not in text


def test_revoked_invite_frees_its_place(admin: Visitor) -> None:
    read_account()
    for name in ("ann", "ben"):
        admin.press("/admin/account/invites/send", address=f"{name}@example.com")
    admin.press("/admin/account/invites/revoke", address="ann@example.com")
    assert count_records(RecordKind.INVITE, status="revoked") == 1
    admin.press("/admin/account/invites/send", address="cy@example.com")
    assert count_records(RecordKind.INVITE, status="pending") == 2
    read_account()
    assert count_records(RecordKind.INVITE, status="pending") == 2


def test_invite_is_looked_up_at_the_provider(admin: Visitor) -> None:
    get_context().provider.create_invite("ann@example.com")
    found = admin.press("/admin/account/invites/find", address="Ann@example.com")
    assert "As the studio has it now" in found.text
    assert "Sent, not used" in found.text
    assert "has no invite" in admin.press("/admin/account/invites/find", address="ben@example.com").text
    assert admin.press("/admin/account/invites/find", address="no address").status_code == 400


def test_unknown_session_is_deleted_at_the_provider_after_its_consequences(admin: Visitor) -> None:
    created = get_context().provider.create_model("ben@example.com", is_development=True)
    read_account()
    page = f"/admin/account/sessions/{created.model_id}"
    assert "Don’t count on getting the credit back." in admin.page(page).text
    assert admin.press(f"{page}/delete").location == "/admin/account/sessions"
    assert list(get_context().provider.list_models()) == []
    assert count_records(RecordKind.MODEL) == 0
    assert get_last_result("provider.session_deleted") == "ok"
    admin.page(page, status=404)


def test_open_session_of_a_person_is_reset_from_their_page_only(admin: Visitor) -> None:
    person = factories.make_person("ben@example.com", name="Ben")
    created = get_context().provider.create_model("ben@example.com", is_development=True)
    factories.make_shoot(person, provider_id=created.model_id)
    read_account()
    page = f"/admin/account/sessions/{created.model_id}"
    assert f"/admin/people/{person.id}/reset" in admin.get(page).text
    assert admin.press(f"{page}/delete").status_code == 409
    assert not get_context().provider.get_model(created.model_id).is_deleted


def test_members_are_moved_to_a_team(admin: Visitor) -> None:
    provider = get_context().provider
    team = provider.create_team("Sales")
    provider.create_model("ben@example.com", is_development=True)
    read_account()
    member = provider_records.list_records(RecordFilter(kind=RecordKind.MEMBER), 1)[0]
    assert admin.press("/admin/account/members/move", selected=member.key, team_id=team.id).status_code == 303
    assert [each.team_name for each in provider.list_members()] == ["Sales"]
    assert "Sales" in admin.page("/admin/account/members").text
    assert admin.press("/admin/account/members/move", selected=member.key, team_id="unknown").status_code == 400


def test_new_session_carries_the_team_of_the_roster_and_survives_its_deletion(context: None) -> None:
    provider = get_context().provider
    team = provider.create_team("Sales")
    read_account()
    person = factories.make_person("ben@example.com")
    with transaction() as session:
        entry = RosterEntry(address="ben@example.com", person_id=person.id, team="sales ", source="import")
        entry.created_at = entry.changed_at = NOW
        session.add(entry)
    team_id = session_teams.find_session_team(person.id)
    assert team_id == team.id
    options: dict[str, Any] = {"team_id": team_id, "prepaid": False, "is_development": True}
    session_teams.create_in_team(provider, "ben@example.com", **options)
    assert [model.team_id for model in provider.list_models()] == [team.id]
    provider.delete_team(team.id)
    session_teams.create_in_team(provider, "cy@example.com", **options)
    assert {model.email for model in provider.list_models()} == {"ben@example.com", "cy@example.com"}


def test_testers_next_session_is_a_development_session(admin: Visitor) -> None:
    page = f"/admin/people/{admin.person.id}"
    factories.make_consent(admin.person)
    assert "Make a tester" in admin.page(page).text
    admin.press(f"{page}/tester", tester="1")
    assert "Stop test sessions" in admin.page(page).text
    assert admin.press("/headshots/start").location == "/headshots/studio"
    with transaction() as session:
        assert [shoot.is_development for shoot in session.query(Shoot)] == [True]
    admin.press(f"{page}/tester", tester="")
    assert "Make a tester" in admin.page(page).text


def test_erasure_deletes_the_records_about_the_person(admin: Visitor) -> None:
    person = factories.make_person("Ben@example.com", name="Ben")
    created = get_context().provider.create_model("ben@example.com", is_development=True)
    factories.make_shoot(person, provider_id=created.model_id)
    get_context().provider.create_invite("ben@example.com")
    read_account()
    assert count_records(RecordKind.MODEL) == count_records(RecordKind.MEMBER) == count_records(RecordKind.INVITE) == 1
    erasure_id = erasure.request_erasure(person.id, context=get_context(), actor_id=None)
    erasure_run.erase_local_data(erasure_id, storage=get_context().storage, now=NOW)
    assert count_records(RecordKind.MODEL) == count_records(RecordKind.MEMBER) == count_records(RecordKind.INVITE) == 0
    # The provider has not deleted it yet; a reading in between does not bring the session back.
    read_account()
    assert count_records(RecordKind.MODEL) == count_records(RecordKind.MEMBER) == 0


def test_credits_have_a_forecast_with_a_curve_and_its_table(admin: Visitor) -> None:
    for days, balance in ((20, 60), (10, 46), (0, 32)):
        with transaction():
            stored_credits.store_balance(Decimal(balance), now=NOW - timedelta(days=days))
    page = admin.get("/admin/account").text
    assert "they last about 16 more days" in page
    assert 'aria-labelledby="credits-title credits-finding"' in page
    assert page.count("line-forecast") == 1
    text = admin.page("/admin/account").text
    assert "Credits left" in text
    assert "Admins get a mail once when fewer than 10 are left." in text
