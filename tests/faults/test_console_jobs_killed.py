"""Workers killed inside an import, invitations and exports: each is finished once, nothing twice, nothing lost."""

from __future__ import annotations

import io
import signal
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import pytest

from demo.ports import find_free_port
from portal.db import transaction
from portal.domain.audiences import Audience
from portal.domain.reminder_plan import ReminderPlan
from portal.models import choices, exports, people, roster_imports
from portal.services import campaigns
from portal.services import roster_imports as imports
from portal.services.campaigns import CampaignForm
from portal.services.exports import ExportRequest, request_export
from portal.services.roster_imports import Confirmation
from tests import factories
from tests.faults.deployment import Deployment
from tests.faults.deployments import Deployments
from tests.faults.killed_workers import KilledWorkers
from tests.integration.web_pages.chosen_headshots import store_original
from tests.smtp import Post, run_server

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

LINES = 2500
# More than one chunk, all of them in the first chunk of the list.
INVITED = 300
PEOPLE = 30
POINTS = (
    "import.after_chunk",
    "import.after_applied_chunk",
    "campaign.after_chunk",
    "mail.after_send",
    "export.after_person",
    "export.after_put",
)
FORM = CampaignForm(
    name="Spring",
    message="",
    due_on=None,
    audience=Audience(teams=("Invited",)),
    reminders=ReminderPlan(silent_from=0, silent_until=0, on_weekends=True),
    has_link=False,
    link_domains=(),
    link_cap=None,
    link_expires_at=None,
)


@dataclass
class Work:
    """What the workers were killed in, and the mail server they sent to."""

    killing: KilledWorkers
    post: Post
    read: UUID
    applied: UUID
    exports: list[UUID]

    @property
    def deployment(self) -> Deployment:
        return self.killing.deployment


@pytest.fixture(scope="module")
def work(deployments: Deployments) -> Iterator[Work]:
    """Every worker killed at its point, and the jobs finished by another one."""
    post = Post(find_free_port())
    try:
        deployment = deployments.get()
        deployment.restore()
        deployment.stop(deployment.worker)
        deployment.stack.environment |= {"MAIL_URL": post.url, "MAIL_FROM": "portal@example.com"}
        with run_server(post):
            yield _kill_and_recover(KilledWorkers(deployment), post)
    finally:
        deployments.discard()


def _kill_and_recover(killing: KilledWorkers, post: Post) -> Work:
    deployment = killing.deployment
    admin = _make_admin(deployment)
    applied = _import(deployment, admin, "applied", is_read=True)
    _confirm(deployment, admin, applied)
    killing.kill("import.after_applied_chunk", None)
    read = _import(deployment, admin, "read", is_read=False)
    killing.kill("import.after_chunk", None)
    _start_campaign(deployment, admin)
    killing.kill("campaign.after_chunk", None)
    killing.kill("mail.after_send", None)
    made = []
    for point in ("export.after_person", "export.after_put"):
        made.append(_export(deployment, admin))
        killing.kill(point, None)
    killing.detect_deaths()
    deployment.wait_until_idle(seconds=240)
    return Work(killing, post, read, applied, made)


def _make_admin(deployment: Deployment) -> UUID:
    """Store an admin, people to invite, and people with a chosen headshot to export."""
    now = datetime.now(UTC)
    with deployment.app_context():
        for number in range(PEOPLE):
            person = factories.make_person(f"chosen{number}@example.com", name=f"Person {number}", now=now)
            factories.make_consent(person, now=now)
            _, [photo] = factories.make_finished_shoot(person, 1, now=now)
            store_original(photo)
            with transaction():
                choices.create_choice(
                    person.id, photo, origin="portal", key="k", acted_at=now, now=now, agreement=factories.USE
                )
        return factories.make_person("cleo@example.com", name="Cleo", role="admin", now=now).id


def _import(deployment: Deployment, admin: UUID, name: str, *, is_read: bool) -> UUID:
    teams = ["Invited" if is_read and number < INVITED else "" for number in range(LINES)]
    lines = "".join(f"{name}{number}@example.com;Person {number};{team}\n" for number, team in enumerate(teams))
    with deployment.app_context():
        content = f"email;name;team\n{lines}".encode()
        import_id = imports.create_import(content, f"{name}.csv", actor_id=admin, now=datetime.now(UTC))
        if is_read:
            imports.read_import(import_id, deployment.app.extensions["portal"])
            deployment.query(
                "DELETE FROM procrastinate_jobs WHERE status = 'todo' AND task_name = 'roster.read_import'"
            )
        return import_id


def _confirm(deployment: Deployment, admin: UUID, import_id: UUID) -> None:
    with deployment.app_context():
        found = roster_imports.find_import(import_id)
        assert found is not None
        assert found.state == "ready"
        decision = Confirmation(version=found.version, starts_at=None, marks_absent=False, campaign_id=None)
        imports.confirm_import(import_id, decision, actor_id=admin, now=datetime.now(UTC))


def _start_campaign(deployment: Deployment, admin: UUID) -> None:
    """Invite the people who were added before the worker that imports them was killed."""
    now = datetime.now(UTC)
    with deployment.app_context():
        campaign_id = campaigns.create_campaign(FORM, actor_id=admin, now=now)
        assert campaigns.start_campaign(campaign_id, version=0, actor_id=admin, now=now) > 0


def _export(deployment: Deployment, admin: UUID) -> UUID:
    export_request = ExportRequest(
        kind="headshots", size_key="ldap", template="{last}_{first}.jpg", reason="New badges"
    )
    with deployment.app_context():
        actor = people.find_person(admin)
        assert actor is not None
        return request_export(export_request, actor=actor, context=deployment.app.extensions["portal"])


@pytest.mark.parametrize("point", POINTS)
def test_job_of_the_killed_worker_was_recovered(work: Work, point: str) -> None:
    killed = work.killing.killed_workers[point]
    assert killed.child.returncode == -signal.SIGKILL
    assert killed.jobs
    assert killed.recovered_after is not None


def test_list_that_was_being_checked_is_checked_once(work: Work) -> None:
    with work.deployment.app_context():
        found = roster_imports.find_import(work.read)
        assert found is not None
        assert (found.state, found.counts["new"]) == ("ready", LINES)
    count = "SELECT count(*), count(DISTINCT number) FROM roster_import_lines WHERE import_id = %(id)s"
    assert work.deployment.query(count, id=work.read) == [(LINES, LINES)]


def test_list_that_was_being_applied_added_everyone_once(work: Work) -> None:
    count = "SELECT count(*), count(DISTINCT address) FROM roster_entries WHERE address LIKE 'applied%%'"
    assert work.deployment.query(count, unused=1) == [(LINES, LINES)]
    with work.deployment.app_context():
        found = roster_imports.find_import(work.applied)
        assert found is not None
        assert (found.state, found.counts["added"]) == ("done", LINES)
    done = "SELECT count(*) FROM audit_entries WHERE action = 'roster.imported'"
    assert work.deployment.query(done) == [(1,)]


def test_each_invitation_is_sent_once_but_the_one_whose_record_was_lost(work: Work) -> None:
    sent = Counter((message["To"], message["Message-ID"]) for message in work.post.received)
    invited = work.deployment.query("SELECT count(*) FROM roster_entries WHERE invited_at IS NOT NULL")[0][0]
    # A repeat has the same Message-ID, so that mail programs show it once.
    assert len({to for to, _message in sent}) == len(sent) == invited > 0
    assert sent.total() - len(sent) <= 1 + len(work.killing.killed_workers["mail.after_send"].jobs)
    waiting = "SELECT count(*) FROM notices WHERE sent_at IS NULL AND dropped_at IS NULL"
    assert work.deployment.query(waiting) == [(0,)]


def test_each_export_is_finished_once_and_whole(work: Work) -> None:
    with work.deployment.app_context():
        storage = work.deployment.app.extensions["portal"].storage
        for export_id in work.exports:
            export = exports.find_export(export_id)
            assert export is not None
            assert (export.state, export.done, export.left_out) == ("ready", PEOPLE, 0)
            assert list(storage.list(f"exports/{export_id}/")) == [export.storage_key]
            with zipfile.ZipFile(io.BytesIO(storage.get(export.storage_key))) as archive:
                assert archive.testzip() is None
                assert len([name for name in archive.namelist() if name.startswith("headshots/")]) == PEOPLE
