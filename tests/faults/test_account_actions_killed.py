"""Processes killed between a call to the provider's account and its record: the action, made again, has one result."""

from __future__ import annotations

import hashlib
import secrets
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psutil
import pytest
import requests

from demo.children import Child
from portal.db import transaction
from portal.domain import job_types
from portal.failpoints import VARIABLE
from portal.models import provider_records, queue
from portal.models.provider_records import RecordFilter, RecordKind
from portal.models.sessions import Session
from portal.provider import ProviderClient
from portal.services import credits, provider_account
from portal.services.app_context import AppContext
from tests import factories
from tests.faults.deployment import Deployment
from tests.faults.deployments import Deployments
from tests.faults.killed_workers import KilledWorkers
from tests.integration.web_pages.html_document import Document
from tests.waiting import wait_until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

TIMEOUT_SECONDS = 60
AFTER_CALL = "account.after_call"
AFTER_TEAM = "account.after_team"


@dataclass
class Console:
    """An admin's browser, and web processes beside the others that are killed after each call to the account."""

    deployment: Deployment
    browser: requests.Session
    killed_url: str
    killed_portal: Child

    @property
    def context(self) -> AppContext:
        found: AppContext = self.deployment.app.extensions["portal"]
        return found

    @property
    def provider(self) -> ProviderClient:
        return self.context.provider

    def page(self, path: str) -> str:
        response = self.browser.get(f"{self.deployment.url}{path}", timeout=TIMEOUT_SECONDS)
        assert response.status_code == requests.codes.ok, response.text
        return Document(response.text).text

    def press(self, path: str, **fields: str) -> str:
        """Send a form and return the text of the page that follows."""
        response = self._post(self.deployment.url, path, fields)
        assert response.status_code == requests.codes.ok, response.text
        return Document(response.text).text

    def press_killed(self, path: str, **fields: str) -> None:
        """Send a form to a web process that is killed right after the provider's response."""
        before = self._web_workers()
        with pytest.raises(requests.ConnectionError):
            self._post(self.killed_url, path, fields)
        wait_until(lambda: before - self._web_workers(), "a web process has died")

    def read_account(self) -> None:
        """Read the account as the worker does, with the balance."""
        credits.fetch_balance(self.context)
        provider_account.read_account(self.context)

    def count_audited(self, action: str) -> int:
        """Count the audit entries of an action."""
        count = "SELECT count(*) FROM audit_entries WHERE action = %(action)s"
        return int(self.deployment.query(count, action=action)[0][0])

    def _post(self, url: str, path: str, fields: dict[str, str]) -> requests.Response:
        page = self.browser.get(f"{self.deployment.url}/privacy", timeout=TIMEOUT_SECONDS)
        token = Document(page.text).value_of("csrf_token")
        return self.browser.post(f"{url}{path}", data={"csrf_token": token, **fields}, timeout=TIMEOUT_SECONDS)

    def _web_workers(self) -> set[int]:
        assert self.killed_portal.process is not None
        return {worker.pid for worker in psutil.Process(self.killed_portal.process.pid).children()}


@pytest.fixture(scope="module")
def console(deployments: Deployments) -> Iterator[Console]:
    try:
        deployment = deployments.get()
        deployment.restore()
        url = deployment.start_second_portal("portal-killed", **{VARIABLE: AFTER_CALL})
        browser = _sign_in_admin(deployment)
        with browser:
            yield Console(deployment, browser, url, deployment.extra[-1])
    finally:
        deployments.discard()


@pytest.fixture(autouse=True)
def account(console: Console) -> Iterator[None]:
    """The account as last read, and an application context for the calls of this process."""
    with console.deployment.app_context():
        console.read_account()
        yield


def _sign_in_admin(deployment: Deployment) -> requests.Session:
    """Return a browser in which an admin is signed in."""
    now, token = datetime.now(UTC), secrets.token_urlsafe(32)
    with deployment.app_context():
        admin = factories.make_person("cleo@example.com", name="Cleo", role="admin", now=now)
        with transaction() as session:
            session.add(
                Session(
                    token_hash=hashlib.sha256(token.encode()).digest(), person_id=admin.id, data={}, created_at=now,
                    active_at=now, confirmed_at=now, expires_at=now + timedelta(hours=8),
                )
            )  # fmt: skip
    browser = requests.Session()
    browser.trust_env = False
    browser.cookies.set(deployment.app.config["SESSION_COOKIE_NAME"], token, domain="localhost.local")
    return browser


def test_invite_of_a_killed_process_is_listed_when_sent_again_and_is_one(console: Console) -> None:
    console.press_killed("/admin/account/invites/send", address="ann@example.com")
    assert console.count_audited("provider.invited") == 0
    assert "ann@example.com" not in console.page("/admin/account/invites")
    text = console.press("/admin/account/invites/send", address="ann@example.com")
    assert "The studio already has an invite or an account for this address." in text
    assert "ann@example.com" in text
    assert [invite.email for invite in console.provider.list_invites()].count("ann@example.com") == 1
    assert console.count_audited("provider.invited") == 1


def test_revocation_of_a_killed_process_is_shown_when_made_again(console: Console) -> None:
    console.press("/admin/account/invites/send", address="bea@example.com")
    console.press_killed("/admin/account/invites/revoke", address="bea@example.com")
    text = console.press("/admin/account/invites/revoke", address="bea@example.com")
    assert "The invite is revoked. Its place is free again." in text
    [invite] = [each for each in console.provider.list_invites() if each.email == "bea@example.com"]
    assert invite.status == "revoked"
    assert console.count_audited("provider.invite_revoked") == 1


def test_deletion_of_a_session_by_a_killed_process_is_shown_when_made_again(console: Console) -> None:
    created = console.provider.create_model("ben@example.com", is_development=True)
    console.read_account()
    path = f"/admin/account/sessions/{created.model_id}/delete"
    console.press_killed(path)
    assert "ben@example.com" in console.page("/admin/account/sessions")
    assert "ben@example.com" not in console.press(path)
    assert created.model_id not in {model.id for model in console.provider.list_models()}
    assert console.count_audited("provider.session_deleted") == 1


def test_move_by_a_killed_process_is_shown_when_made_again(console: Console) -> None:
    console.provider.create_model("cem@example.com", is_development=True)
    team = console.provider.create_team("Design")
    console.read_account()
    chosen = RecordFilter(kind=RecordKind.MEMBER, search="cem@")
    (member,) = provider_records.list_records(chosen, 2)
    move = {"selected": member.key, "team_id": team.id}
    console.press_killed("/admin/account/members/move", **move)
    console.press("/admin/account/members/move", **move)
    console.read_account()
    (moved,) = provider_records.list_records(chosen, 2)
    assert moved.team_name == "Design"
    assert console.count_audited("provider.members_moved") == 1


def test_teams_of_killed_workers_are_created_renamed_and_deleted_once(console: Console) -> None:
    deployment = console.deployment
    renamed, deleted = console.provider.create_team("North"), console.provider.create_team("South")
    before = _list_teams(console)
    deployment.stop(deployment.worker)
    killing = KilledWorkers(deployment)
    for action, team_id, name in (
        ("create", "", "Sales"),
        ("rename", renamed.id, "Growth"),
        ("delete", deleted.id, ""),
    ):
        with transaction():
            queue.enqueue_job(job_types.UPDATE_TEAM, action=action, team_id=team_id, name=name)
        killing.kill(AFTER_TEAM, None)
        killed = killing.killed_workers[AFTER_TEAM]
        assert killed.child.returncode == -signal.SIGKILL
        assert job_types.UPDATE_TEAM.name in killed.jobs.values()
        killing.detect_deaths()
        deployment.wait_until_idle()
        deployment.stop(deployment.worker)
    deployment.start(deployment.worker)
    teams = _list_teams(console)
    assert sorted([*before, "Growth", "Sales"]) == sorted([*teams, "North", "South"])
    text = console.page("/admin/account")
    assert "Growth" in text
    assert "Sales" in text
    assert "this shows what was read before" not in text


def _list_teams(console: Console) -> list[str]:
    """List the names of the provider's teams now."""
    return [team.name for team in console.provider.get_organization().teams]
