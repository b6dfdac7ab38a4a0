"""Actions in the provider's account, killed between the call and its record: made again, they do no harm."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from portal.models import provider_records
from portal.models.people import Person
from portal.models.provider_records import RecordFilter, RecordKind
from portal.services import credits, provider_account, provider_actions
from portal.web.context import get_context
from sandbox.testing import API_KEY, RunningSandbox, start_sandbox
from tests import factories
from tests.integration.web_pages.conftest import Visitor

SWITCHES = {"rate_limit": 100_000, "gallery_size": 3, "pictures": "plain"}


class Killed(BaseException):
    """The process is killed here."""


def stop_at_failpoint(_place: str) -> None:
    raise Killed


@pytest.fixture
def studio() -> Iterator[RunningSandbox]:
    """A sandbox with credits for a few invites."""
    with start_sandbox(credits=5, switches=SWITCHES) as running:
        yield running


@pytest.fixture
def app(make_app: Callable[..., Flask], studio: RunningSandbox) -> Flask:
    return make_app(api_key=API_KEY, api_url=studio.api_url, rate_limit=100_000)


@pytest.fixture
def admin(sign_in: Callable[[Person], Visitor], context: None) -> Visitor:
    return sign_in(factories.make_person(name="Cleo", role="admin"))


@pytest.fixture
def press_killed(admin: Visitor, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Press a button whose request is killed right after the provider's response."""

    def press(path: str, **fields: str) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(provider_actions, "failpoint", stop_at_failpoint)
            with pytest.raises(Killed):
                admin.press(path, **fields)

    return press


@pytest.fixture
def update_killed(context: None, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Change a team in a worker that is killed right after the provider's response, then in another worker."""

    def update(action: str, team_id: str = "", name: str = "") -> None:
        with monkeypatch.context() as patch:
            patch.setattr(provider_account, "failpoint", stop_at_failpoint)
            with pytest.raises(Killed):
                provider_account.update_team(get_context(), action=action, team_id=team_id, name=name)
        provider_account.update_team(get_context(), action=action, team_id=team_id, name=name)

    return update


def read_account() -> None:
    """Read the account as the worker does, with the balance."""
    credits.fetch_balance(get_context())
    provider_account.read_account(get_context())


def list_teams() -> dict[str, str]:
    """Return the provider's teams now, ids by name."""
    return {team.name: team.id for team in get_context().provider.get_organization().teams}


def count_invites(status: str) -> int:
    return provider_records.count_records(RecordFilter(kind=RecordKind.INVITE, status=status))


def test_invite_killed_after_the_call_is_listed_when_sent_again_and_is_one(
    admin: Visitor, press_killed: Callable[..., None]
) -> None:
    read_account()
    press_killed("/admin/account/invites/send", address="ann@example.com")
    assert "ann@example.com" not in admin.page("/admin/account/invites").text
    admin.press("/admin/account/invites/send", address="ann@example.com")
    text = admin.page("/admin/account/invites").text
    assert "The studio already has an invite or an account for this address." in text
    assert "ann@example.com" in text
    assert count_invites("pending") == 1
    assert [invite.email for invite in get_context().provider.list_invites()] == ["ann@example.com"]


def test_revocation_killed_after_the_call_is_shown_when_made_again(
    admin: Visitor, press_killed: Callable[..., None]
) -> None:
    read_account()
    admin.press("/admin/account/invites/send", address="ann@example.com")
    press_killed("/admin/account/invites/revoke", address="ann@example.com")
    assert (count_invites("pending"), count_invites("revoked")) == (1, 0)
    admin.press("/admin/account/invites/revoke", address="ann@example.com")
    assert "The invite is revoked. Its place is free again." in admin.page("/admin/account/invites").text
    assert (count_invites("pending"), count_invites("revoked")) == (0, 1)


def test_deletion_of_a_session_killed_after_the_call_is_shown_when_made_again(
    admin: Visitor, press_killed: Callable[..., None]
) -> None:
    created = get_context().provider.create_model("ben@example.com", is_development=True)
    read_account()
    path = f"/admin/account/sessions/{created.model_id}/delete"
    press_killed(path)
    assert "ben@example.com" in admin.page("/admin/account/sessions").text
    assert admin.press(path).location == "/admin/account/sessions"
    assert "ben@example.com" not in admin.page("/admin/account/sessions?q=ben").text
    assert list(get_context().provider.list_models()) == []


def test_move_killed_after_the_call_is_shown_when_made_again(admin: Visitor, press_killed: Callable[..., None]) -> None:
    provider = get_context().provider
    provider.create_model("ben@example.com", is_development=True)
    team = provider.create_team("Sales")
    read_account()
    (member,) = provider_records.list_records(RecordFilter(kind=RecordKind.MEMBER, search="ben@"), 2)
    move = {"selected": member.key, "team_id": team.id}
    press_killed("/admin/account/members/move", **move)
    admin.press("/admin/account/members/move", **move)
    read_account()
    (moved,) = provider_records.list_records(RecordFilter(kind=RecordKind.MEMBER, search="ben@"), 2)
    assert moved.team_name == "Sales"


def test_team_of_a_killed_worker_is_created_renamed_and_deleted_once(
    admin: Visitor, update_killed: Callable[..., None]
) -> None:
    before = list_teams()
    update_killed("create", name="Sales")
    assert list_teams().keys() == before.keys() | {"Sales"}
    team_id = list_teams()["Sales"]
    update_killed("rename", team_id=team_id, name="Growth")
    assert list_teams() == before | {"Growth": team_id}
    assert "Growth" in admin.page("/admin/account").text
    update_killed("delete", team_id=team_id)
    assert list_teams() == before
    text = admin.page("/admin/account").text
    assert "Growth" not in text
    assert "this shows what was read before" not in text
