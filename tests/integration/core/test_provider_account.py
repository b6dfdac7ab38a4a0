"""Changes of the provider's teams: made once, also when the job runs a second time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from portal.domain.errors import BadInput
from portal.provider.errors import RateLimited
from portal.services import provider_account
from tests.factories import NOW, make_person
from tests.integration.core.worked_example import WorkedExample


@dataclass
class Team:
    id: str
    name: str


@dataclass
class Account:
    """A provider's account with nothing but teams."""

    teams: list[Team] = field(default_factory=list)
    uid: str = "organization"
    name: str = "Example"
    website: str | None = None

    def get_organization(self) -> Account:
        return self

    def create_team(self, name: str) -> None:
        self.teams.append(Team(f"team-{len(self.teams)}", name))

    def _list_nothing(self) -> list[Any]:
        return []

    list_members = list_models = list_invites = list_favorites = _list_nothing


def test_team_is_created_once_although_the_job_runs_twice(worked_example: WorkedExample) -> None:
    account: Any = Account()
    context = replace(worked_example.portal, provider=account)
    for _ in range(2):
        provider_account.update_team(context, action="create", team_id="", name="Sales")
    assert [team.name for team in account.teams] == ["Sales"]
    page = provider_account.get_account_page(context)
    assert [(team.name, team.provider_id) for team in page.teams] == [("Sales", "team-0")]


@pytest.mark.parametrize(("action", "team_id", "name"), [("create", "", " "), ("rename", "", "A"), ("close", "t", "A")])
def test_incomplete_change_is_refused(worked_example: WorkedExample, action: str, team_id: str, name: str) -> None:
    actor = make_person(role="admin")
    with pytest.raises(BadInput):
        provider_account.request_team_update(action, team_id=team_id, name=name, actor=actor, now=NOW)


def test_change_beyond_the_rate_limit_is_left_to_the_next_attempt(worked_example: WorkedExample) -> None:
    account: Any = Account()
    context = replace(worked_example.portal, provider=account)

    def refuse(_team_id: str) -> None:
        raise RateLimited("DELETE", "/organization/teams/{teamId}")

    account.delete_team = refuse
    with pytest.raises(RateLimited):
        provider_account.update_team(context, action="delete", team_id="team-0", name="")
    account.delete_team = lambda _team_id: None
    provider_account.update_team(context, action="delete", team_id="team-0", name="")
    page = provider_account.get_account_page(context)
    assert page.account is not None
    assert page.account.error is None
