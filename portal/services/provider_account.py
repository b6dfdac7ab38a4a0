"""The provider's account: read by the worker, shown by the console, its teams managed; usage of the API."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from portal.db import transaction
from portal.domain import job_types
from portal.domain.credit_forecast import CreditUse
from portal.domain.errors import BadInput
from portal.domain.team_names import build_team_key
from portal.failpoints import failpoint
from portal.models import audit, people_list, provider_account, provider_calls, provider_records, queue, shoots
from portal.models.budget import USED_SHARE
from portal.models.people import Person
from portal.models.provider_account import ProviderAccount
from portal.models.provider_calls import CallsOfDay, EndpointCalls
from portal.models.provider_records import RecordKind
from portal.provider import ProviderClient
from portal.provider.errors import ProviderError, RateLimited
from portal.services import credits, provider_lists
from portal.services.app_context import AppContext
from portal.services.credits import Forecast

USAGE_PERIOD = timedelta(days=30)
TEAM_ACTIONS = ("create", "rename", "delete")
MAX_NAME_LENGTH = 100
# The provider allows two pending invites for each credit.
INVITES_PER_CREDIT = 2


@dataclass(frozen=True)
class TeamMapping:
    """One team by name, here and at the provider; ``provider_id`` is None where the provider has none."""

    name: str
    provider_id: str | None
    is_on_roster: bool


@dataclass(frozen=True)
class AccountPage:
    """Everything the account page shows.

    Attributes:
        account: the last state of the account; None before the first reading.
        is_reading: whether the worker is reading or changing something.
        invite_cap: pending invites the provider allows, None while the balance is unknown.
        use: how fast the credits are used, and how long they last.
        balances: the balance of each of the last 30 days.
        usage: calls of the last 30 days by endpoint; ``days`` with the number that met the rate limit.
        finished: sessions of this portal that finished in the last 30 days.
        calls_in_minute: calls of the last minute, of which the budget allows ``budget``.
    """

    account: ProviderAccount | None
    is_reading: bool
    credits: Forecast
    use: CreditUse
    balances: list[tuple[date, Decimal]]
    invite_cap: int | None
    teams: list[TeamMapping]
    usage: list[EndpointCalls]
    days: list[tuple[date, int, int]]
    finished: int
    calls_in_minute: int
    budget: int

    @property
    def calls(self) -> int:
        """Calls in the last 30 days."""
        return sum(each.count for each in self.usage)

    @property
    def calls_per_finished(self) -> float | None:
        """Calls for each session that finished in the last 30 days; None without any."""
        return self.calls / self.finished if self.finished else None

    @property
    def failed(self) -> int:
        """Calls in the last 30 days that failed, rate limited ones included."""
        return sum(each.failed for each in self.usage)

    @property
    def rate_limited(self) -> int:
        """Calls in the last 30 days that met the rate limit."""
        return sum(each.rate_limited for each in self.usage)


def get_account_page(context: AppContext) -> AccountPage:
    """Gather the account page from our own records; no outside call is made."""
    now = context.clock()
    since = _compute_usage_start(now)
    account = provider_account.find_account()
    forecast = credits.get_forecast()
    history = credits.get_history(forecast.balance, now)
    return AccountPage(
        account=account,
        is_reading=queue.count_active_jobs(job_types.READ_ACCOUNT, job_types.UPDATE_TEAM) > 0,
        credits=forecast,
        use=history.use,
        balances=history.days,
        invite_cap=None if forecast.balance is None else int(forecast.balance * INVITES_PER_CREDIT),
        teams=_map_teams(account),
        usage=provider_calls.list_calls_by_endpoint(since.date()),
        days=provider_calls.count_calls_by_day(since.date()),
        finished=shoots.count_finished(since),
        calls_in_minute=provider_calls.count_calls(now - timedelta(minutes=1))[0],
        budget=get_call_budget(context),
    )


def get_call_budget(context: AppContext) -> int:
    """Return how many calls a minute this portal makes at most."""
    return int(context.settings.rate_limit * USED_SHARE)


def list_usage(context: AppContext) -> list[CallsOfDay]:
    """List the calls of the last 30 days by UTC day, endpoint and status."""
    return provider_calls.list_calls_by_result(_compute_usage_start(context.clock()))


def _compute_usage_start(now: datetime) -> datetime:
    """Return the start of the first of the last 30 UTC days, of which today is one."""
    return datetime.combine(now.date() + timedelta(days=1), time.min, tzinfo=UTC) - USAGE_PERIOD


def _map_teams(account: ProviderAccount | None) -> list[TeamMapping]:
    """Pair the teams by name as new sessions do, in any case; the roster's spelling is shown."""
    roster_names = {build_team_key(name): name for name in people_list.list_teams()}
    teams = []
    provider_teams: list[dict[str, str]] = account.content.get("teams", []) if account is not None else []
    for team in provider_teams:
        roster_name = roster_names.get(build_team_key(team["name"]))
        teams.append(TeamMapping(roster_name or team["name"], team["id"], roster_name is not None))
    paired = {build_team_key(team["name"]) for team in provider_teams}
    teams += [TeamMapping(name, None, True) for key, name in roster_names.items() if key not in paired]
    return sorted(teams, key=lambda team: team.name.casefold())


def request_reading() -> None:
    """Have the worker read the account anew."""
    with transaction():
        queue.start_job_now(job_types.READ_ACCOUNT)


def request_team_update(action: str, *, team_id: str, name: str, actor: Person, now: datetime) -> None:
    """Have the worker create, rename or delete a team at the provider.

    Raises:
        BadInput: the action, the team or the name is missing.
    """
    name = name.strip()[:MAX_NAME_LENGTH]
    if action not in TEAM_ACTIONS or (action != "delete" and not name) or (action != "create" and not team_id):
        raise BadInput
    with transaction():
        queue.enqueue_job(job_types.UPDATE_TEAM, action=action, team_id=team_id, name=name)
        audit.create_entry("provider.team_changed", at=now, actor_id=actor.id, change=action)


def update_team(context: AppContext, *, action: str, team_id: str, name: str) -> None:
    """Make one change to the provider's teams, then read the account. A refusal is shown on the page.

    Raises:
        RateLimited: the budget of calls is used up; nothing is changed, and the job tries again.
    """
    try:
        _apply_team_update(context.provider, action, team_id, name)
    except RateLimited:
        raise
    except ProviderError as error:
        with transaction():
            provider_account.store_error(str(error))
        return
    failpoint("account.after_team")
    read_account(context)


def _apply_team_update(provider: ProviderClient, action: str, team_id: str, name: str) -> None:
    """Change the teams, unless it is done: a worker that was killed after the call runs the job again."""
    if action == "delete":
        provider.delete_team(team_id)
        return
    names = {team.id: team.name for team in provider.get_organization().teams}
    if action == "create" and name not in names.values():
        provider.create_team(name)
    elif action == "rename" and names.get(team_id) != name:
        provider.rename_team(team_id, name)


def read_account(context: AppContext) -> None:
    """Read organization, members, sessions, invites and favorites, and store them.

    Raises:
        ProviderError: it could not be read; the reason is stored, what was known stays, and the job tries again.
    """
    try:
        organization = context.provider.get_organization()
        lists = provider_lists.read_lists(context.provider)
    except ProviderError as error:
        with transaction():
            provider_account.store_error(str(error))
        raise
    content: dict[str, Any] = {
        "organization": {"id": organization.uid, "name": organization.name, "website": organization.website},
        "teams": [{"id": team.id, "name": team.name} for team in organization.teams],
        "members": _count_statuses(lists[RecordKind.MEMBER]),
        "models": _count_statuses(lists[RecordKind.MODEL]),
        "invites": _count_statuses(lists[RecordKind.INVITE]),
        "favorites": len(lists[RecordKind.FAVORITE]),
    }
    with transaction():
        provider_account.store_content(content, now=context.clock())
        for kind, rows in lists.items():
            provider_records.replace_records(kind, rows)


def _count_statuses(rows: list[dict[str, Any]]) -> dict[str, int]:
    return dict(Counter(row["status"] or "unknown" for row in rows))


def find_team_id(name: str | None) -> str | None:
    """Return the id at the provider of the team with this name, None if the account as last read has none."""
    account = provider_account.find_account() if name else None
    if account is None or name is None:
        return None
    normalized = build_team_key(name)
    teams: list[dict[str, str]] = account.content.get("teams", [])
    return next((team["id"] for team in teams if build_team_key(team["name"]) == normalized), None)
