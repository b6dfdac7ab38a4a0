"""A worker is killed or frozen at every step of every kind of job: another continues, nothing happens twice."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator

import pytest

from demo.stack import ROOT
from tests.faults.deployment import Deployment
from tests.faults.deployments import Deployments
from tests.faults.killed_workers import JOB_TYPES, KilledWorker, KilledWorkers
from tests.faults.people import Participant
from tests.faults.sandbox_control import CREATE

# All of them fall in one go, so that the waiting for their leases is done once.
pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

POINTS = (
    "sweep.after_list",
    "create.after_claim",
    "create.after_call",
    "create.after_keep",
    "retry.after_queue",
    "apply.after_lock",
    "apply.before_commit",
    "apply.after_commit",
    "refresh.after_call",
    "refresh.before_commit",
    "refresh.after_commit",
    "copy.after_register",
    "copy.after_put",
    "copy.after_keep",
    "copy.before_finish",
    "favorite.after_call",
    "favorite.after_keep",
    "erase.after_record",
    "erase.after_jobs",
    "erase.after_files",
    "erase.after_deliveries",
    "erase.after_notifications",
    "erase.after_rows",
    "erase.after_delete",
    "erase.before_finish",
    "credits.after_call",
    "retention.after_records",
    "retention.after_hiding",
    "audit.after_walk",
)
# Scheduled work that belongs to no person.
BY_NAME = ("credits", "retention", "audit")
FROZEN = ("create.in_call", "create.after_call:frozen")
# The first is in the web processes, the second after a response that was lost; each has a test in another file.
# The others stop in tests/integration/core/test_interrupted_files.py.
COVERED_BY_OTHER_TESTS = {
    "webhook.after_insert",
    "erase.after_look",
    "kit.after_put",
    "kit.after_file",
    "kit.after_delete",
    "kit.after_refresh",
    "archive.after_entry",
    "archive.after_put",
    # Lists, campaigns and exports fall in test_console_jobs_killed.py, resets stop in core/test_session_reset.py.
    "export.after_person",
    "export.after_put",
    "reset.after_delete",
    # These fall in test_account_actions_killed.py.
    "account.after_call",
    "account.after_team",
    # These stop in tests/integration/core/test_leavers.py and test_retention_rules.py.
    "retention.after_file",
    "retention.after_leaver",
    "retention.after_audit",
    "retention.before_audit",
    # Lists and campaigns stop in tests/integration/core/test_roster_imports.py and tests/integration/mail.
    "campaign.after_chunk",
    "mail.after_send",
    "import.after_chunk",
    "import.after_applied_chunk",
    "own_photo.after_put",
    "own_photo.after_renditions",
}
NEED_A_SESSION = ("apply", "refresh", "copy", "favorite", "erase")
NEED_PHOTOS = ("favorite", "erase")
# After the silence that makes a worker count as dead: a look at the clock every 15 seconds, and time to act.
RECOVERY_SECONDS = 40


@pytest.fixture(scope="module")
def killing(deployments: Deployments) -> Iterator[KilledWorkers]:
    """All workers killed, noticed and recovered; the frozen ones have continued and ended."""
    try:
        deployment = deployments.get()
        deployment.restore()
        killing = KilledWorkers(deployment)
        _fall_and_recover(deployment, killing)
        yield killing
    finally:
        deployments.discard()


@pytest.fixture
def deployment(killing: KilledWorkers) -> Deployment:
    """The deployment after that; the tests here read it, so that a failing one changes nothing for the others."""
    return killing.deployment


def _fall_and_recover(deployment: Deployment, killing: KilledWorkers) -> None:
    waiting = {point: deployment.participant() for point in POINTS if point.startswith(NEED_A_SESSION)}
    for point, participant in waiting.items():
        if point.startswith(NEED_PHOTOS):
            deployment.sandbox.finish(deployment.wait_for_session(participant))
        deployment.wait_for_session(participant)
    deployment.wait_until_idle()
    deployment.stop(deployment.worker)
    first, *others = POINTS
    # A dead sweep keeps the others' sweeps waiting, so that each falls where it should and nowhere else.
    killing.kill(first, None)
    killing.freeze_while_creating(deployment.participant(), seconds=8)
    killing.freeze("create.after_call", deployment.participant())
    for point in others:
        killing.kill(point, _bring_to(deployment, point, waiting.get(point)))
        deployment.sandbox.clear_faults()
    killing.detect_deaths()
    deployment.wait_until_idle(skip_delays=False, seconds=180)
    killing.thaw()
    deployment.wait_until_idle(sweep=True)


def _bring_to(deployment: Deployment, point: str, participant: Participant | None) -> Participant | None:
    """Queue the work in which a worker comes by this point."""
    if point.startswith("retry"):
        deployment.sandbox.break_call("server_error", count=1, **CREATE)
    if point.startswith(("create", "retry")):
        return deployment.participant()
    if point.startswith(BY_NAME):
        deployment.queue(JOB_TYPES[point.partition(".")[0]])
    if participant is None:
        return None
    session = deployment.wait_for_session(participant)
    if point.startswith("copy"):
        deployment.sandbox.finish(session)
    elif point.startswith("erase"):
        deployment.erase(participant)
    elif point.startswith("favorite"):
        deployment.sandbox.switch(favorite_event="bare")
        deployment.sandbox.act(session, "favorite")
    else:
        if point.startswith("refresh"):
            deployment.sandbox.break_webhook("old_timestamp")
        deployment.sandbox.act(session, "complete")
    return participant


@pytest.fixture
def killed(killing: KilledWorkers, request: pytest.FixtureRequest) -> KilledWorker:
    return killing.killed_workers[request.param]


def test_every_failpoint_is_tested() -> None:
    named = {
        name
        for path in (ROOT / "portal").rglob("*.py")
        for name in re.findall(r"""\bfailpoint\("([a-z_.]+)"\)""", path.read_text())
    }
    assert named == set(POINTS) | COVERED_BY_OTHER_TESTS


@pytest.mark.parametrize("killed", POINTS, indirect=True)
@pytest.mark.asvs("A43")
def test_job_of_killed_worker_is_recovered_and_done_once(deployment: Deployment, killed: KilledWorker) -> None:
    assert killed.child.returncode == -signal.SIGKILL
    assert JOB_TYPES[killed.point.partition(".")[0]].name in killed.jobs.values()
    assert killed.recovered_after is not None
    assert killed.recovered_after <= RECOVERY_SECONDS
    ends = deployment.query(
        "SELECT status::text FROM procrastinate_jobs WHERE id = ANY(%(ids)s)", ids=list(killed.jobs)
    )
    # Failed: the same work waited under its key already, and was done from there.
    assert {status for (status,) in ends} <= {"succeeded", "failed"}
    if killed.point.startswith("erase"):
        assert killed.participant is not None
        assert [model["status"] for model in deployment.sandbox.list_models_by_email(killed.participant.email)] == [
            "deleted"
        ]
        assert deployment.query("SELECT id FROM people WHERE id = %(id)s", id=killed.participant.person_id) == []
    elif killed.participant is not None:
        assert len(deployment.sandbox.list_models_by_email(killed.participant.email)) == 1
        assert deployment.shoot(killed.participant)["provider_id"]


@pytest.mark.parametrize("killed", FROZEN, indirect=True)
def test_resumed_worker_does_not_repeat_recovered_job(deployment: Deployment, killed: KilledWorker) -> None:
    assert killed.child.returncode == 0
    assert killed.participant is not None
    assert list(killed.jobs.values()).count("shoots.create_session") == 1
    assert len(deployment.sandbox.list_models_by_email(killed.participant.email)) == 1
    shoot = deployment.shoot(killed.participant)
    assert shoot["attempts"] == 2
    made = "SELECT count(*) FROM audit_entries WHERE action = 'shoot.created' AND subject_id = %(id)s"
    assert deployment.query(made, id=killed.participant.person_id) == [(1,)]


def test_signed_url_of_a_frozen_worker_is_not_lost(deployment: Deployment, killing: KilledWorkers) -> None:
    held = killing.killed_workers["create.after_call:frozen"].participant
    assert held is not None
    assert deployment.shoot(held)["signed_url"] is not None


def test_all_waiting_people_continue_and_no_job_remains(deployment: Deployment, killing: KilledWorkers) -> None:
    for model in deployment.sandbox.models():
        if model["status"] == "onboarding":
            deployment.sandbox.finish(model["id"])
    deployment.wait_until_idle(sweep=True)
    deployment.assert_consistent()
