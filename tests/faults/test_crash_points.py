"""A worker dies or freezes at every step of every kind of job: another one goes on, and nothing happens twice."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator

import pytest

from demo.stack import ROOT
from tests.faults.casualties import JOB_TYPES, Casualty, Ward
from tests.faults.house import House
from tests.faults.people import Traveller
from tests.faults.studio import CREATE

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
    "erase.after_files",
    "erase.after_rows",
    "erase.after_delete",
    "erase.before_finish",
    "credits.after_call",
    "retention.after_records",
    "retention.after_hiding",
    "audit.after_walk",
)
# Work of the schedule that is nobody's in particular.
BY_NAME = ("credits", "retention", "audit")
FROZEN = ("create.in_call", "create.after_call:frozen")
# The first is in the web processes, the second after an answer that was lost; each is somewhere else's test.
# The others stop in tests/integration/core/test_interrupted_files.py.
ELSEWHERE = {
    "webhook.after_insert",
    "erase.after_look",
    "kit.after_put",
    "kit.after_file",
    "kit.after_delete",
    "archive.after_entry",
    "archive.after_put",
    "own_photo.after_put",
    "own_photo.after_renditions",
}
NEED_A_SESSION = ("apply", "refresh", "copy", "favorite", "erase")
NEED_PHOTOS = ("favorite", "erase")
# After the silence that makes a worker count as dead: a look at the clock every 15 seconds, and time to act.
RECOVERY_SECONDS = 40


@pytest.fixture(scope="module")
def ward(running_house: House) -> Iterator[Ward]:
    """Everybody fallen, noticed, recovered; the frozen have gone on and ended."""
    house = running_house
    house.restore()
    ward = Ward(house)
    try:
        _fall_and_recover(house, ward)
        yield ward
    finally:
        house.restore()


def _fall_and_recover(house: House, ward: Ward) -> None:
    waiting = {point: house.traveller() for point in POINTS if point.startswith(NEED_A_SESSION)}
    for point, traveller in waiting.items():
        if point.startswith(NEED_PHOTOS):
            house.studio.finish(house.session_of(traveller))
        house.session_of(traveller)
    house.settle()
    house.stop(house.worker)
    first, *others = POINTS
    # A dead sweep keeps the others' sweeps waiting, so that each falls where it should and nowhere else.
    ward.kill(first, None)
    ward.freeze_while_creating(house.traveller(), seconds=8)
    ward.freeze("create.after_call", house.traveller())
    for point in others:
        ward.kill(point, _bring_to(house, point, waiting.get(point)))
        house.studio.mend()
    ward.notice()
    house.settle(hurry=False, seconds=180)
    ward.thaw()
    house.settle(sweep=True)


def _bring_to(house: House, point: str, traveller: Traveller | None) -> Traveller | None:
    """Queue the work in which a worker comes by this point."""
    if point.startswith("retry"):
        house.studio.break_call("server_error", count=1, **CREATE)
    if point.startswith(("create", "retry")):
        return house.traveller()
    if point.startswith(BY_NAME):
        house.queue(JOB_TYPES[point.partition(".")[0]])
    if traveller is None:
        return None
    session = house.session_of(traveller)
    if point.startswith("copy"):
        house.studio.finish(session)
    elif point.startswith("erase"):
        house.erase(traveller)
    elif point.startswith("favorite"):
        house.studio.switch(favorite_event="bare")
        house.studio.act(session, "favorite")
    else:
        if point.startswith("refresh"):
            house.studio.break_webhook("old_timestamp")
        house.studio.act(session, "complete")
    return traveller


@pytest.fixture
def casualty(ward: Ward, request: pytest.FixtureRequest) -> Casualty:
    return ward.casualties[request.param]


def test_no_point_is_left_out() -> None:
    named = {
        name
        for path in (ROOT / "portal").rglob("*.py")
        for name in re.findall(r"""\bfailpoint\("([a-z_.]+)"\)""", path.read_text())
    }
    assert named == set(POINTS) | ELSEWHERE


@pytest.mark.parametrize("casualty", POINTS, indirect=True)
def test_a_job_whose_worker_is_killed_is_taken_over_and_done_once(house: House, casualty: Casualty) -> None:
    assert casualty.child.returncode == -signal.SIGKILL
    assert JOB_TYPES[casualty.point.partition(".")[0]].name in casualty.jobs.values()
    assert casualty.taken_over_after is not None
    assert casualty.taken_over_after <= RECOVERY_SECONDS
    ends = house.query("SELECT status::text FROM procrastinate_jobs WHERE id = ANY(%(ids)s)", ids=list(casualty.jobs))
    # Failed: the same work waited under its key already, and was done from there.
    assert {status for (status,) in ends} <= {"succeeded", "failed"}
    if casualty.point.startswith("erase"):
        assert casualty.traveller is not None
        assert [model["status"] for model in house.studio.models_of(casualty.traveller.email)] == ["deleted"]
        assert house.query("SELECT id FROM people WHERE id = %(id)s", id=casualty.traveller.person_id) == []
    elif casualty.traveller is not None:
        assert len(house.studio.models_of(casualty.traveller.email)) == 1
        assert house.shoot(casualty.traveller)["provider_id"]


@pytest.mark.parametrize("casualty", FROZEN, indirect=True)
def test_a_frozen_worker_wakes_up_to_find_its_work_done(house: House, casualty: Casualty) -> None:
    assert casualty.child.returncode == 0
    assert casualty.traveller is not None
    assert list(casualty.jobs.values()).count("shoots.create_session") == 1
    assert len(house.studio.models_of(casualty.traveller.email)) == 1
    shoot = house.shoot(casualty.traveller)
    assert shoot["attempts"] == 2
    made = "SELECT count(*) FROM audit_entries WHERE action = 'shoot.created' AND subject_id = %(id)s"
    assert house.query(made, id=casualty.traveller.person_id) == [(1,)]


def test_the_link_a_frozen_worker_held_is_not_lost(house: House, ward: Ward) -> None:
    held = ward.casualties["create.after_call:frozen"].traveller
    assert held is not None
    assert house.shoot(held)["signed_url"] is not None


def test_everybody_goes_on_from_there_and_nothing_is_left_over(house: House, ward: Ward) -> None:
    for model in house.studio.models():
        if model["status"] == "onboarding":
            house.studio.finish(model["id"])
    house.settle(sweep=True)
    house.assert_whole()
