"""The provider is away, slow or lying while people are on their way: pages stay, nothing happens twice, all heals."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
import requests

from tests.faults.deployment import Deployment
from tests.faults.people import Participant
from tests.faults.sandbox_control import CREATE, PHOTOS
from tests.waiting import wait_until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

# Time limit for a page that makes no outside call, on a busy machine.
# A page never waits for the provider, whose responses are held back for longer.
PAGE_SECONDS = 5.0
SILENT_SECONDS = 20
STORM_LIMIT = 120
# With it, the fault replaces the id of a created session by the number 7.
SEED_THAT_MANGLES_THE_ID = 2435355186
LIST_PHOTOS = {"path": "/api/v2/organization/models/:modelId/photos"}


@pytest.fixture(scope="module")
def arrivals() -> dict[Deployment, Participant]:
    """The participant whose photos are all copied, by deployment."""
    return {}


@pytest.fixture
def arrived(deployment: Deployment, arrivals: dict[Deployment, Participant]) -> Participant:
    """A participant whose photos are all copied; one for each deployment."""
    if deployment not in arrivals:
        participant = deployment.participant()
        deployment.sandbox.finish(deployment.wait_for_session(participant))
        wait_until(lambda: deployment.shoot(participant)["copied_at"], "the photos are copied")
        arrivals[deployment] = participant
    return arrivals[deployment]


@pytest.fixture
def browser(deployment: Deployment, arrived: Participant) -> Iterator[requests.Session]:
    session = deployment.browser(arrived)
    yield session
    session.close()


def _pages_stand(deployment: Deployment, browser: requests.Session) -> None:
    for path in ("/headshots", "/headshots/gallery", "/headshots/status"):
        started = time.monotonic()
        assert browser.get(f"{deployment.url}{path}", timeout=PAGE_SECONDS).status_code == 200, path
        assert time.monotonic() - started < PAGE_SECONDS
    (photo_id,) = deployment.query("SELECT id FROM photos WHERE copied_at IS NOT NULL LIMIT 1")[0]
    outsider = browser.get(f"{deployment.url}/photos/{photo_id}/nothing", timeout=PAGE_SECONDS)
    assert outsider.status_code == 404


def _everyone_arrives(deployment: Deployment, *participants: Participant) -> None:
    """After the fault ends, every person completes, exactly once."""
    deployment.wait_until_idle(sweep=True)
    for participant in participants:
        if deployment.shoot(participant)["problem"]:
            deployment.request_shoot_again(participant)
        session = deployment.wait_for_session(participant)
        assert len(deployment.sandbox.list_models_by_email(participant.email)) == 1
        if deployment.sandbox.act(session, "revive_session")["status"] == "onboarding":
            deployment.sandbox.finish(session)
    deployment.wait_until_idle(sweep=True)
    deployment.assert_consistent()


def test_a_provider_that_is_down_and_then_hangs(deployment: Deployment, browser: requests.Session) -> None:
    inside, starting, later = deployment.participant(), None, None
    session = deployment.wait_for_session(inside)
    deployment.sandbox.finish(session)
    deployment.wait_until_idle()
    deployment.sandbox.break_call("refuse")
    starting = deployment.participant()
    deployment.sandbox.act(session, "favorite")
    _used(deployment, 3)
    _pages_stand(deployment, browser)
    deployment.sandbox.clear_faults()
    deployment.sandbox.break_call("hang", seconds=SILENT_SECONDS)
    later = deployment.participant()
    _used(deployment, 1)
    _pages_stand(deployment, browser)
    deployment.sandbox.clear_faults()
    # After five failures only a probe goes out every 30 seconds.
    _everyone_arrives(deployment, inside, starting, later)


@pytest.mark.parametrize(
    "fault", ["rate_limited", "no_credits", "bad_gateway", "malformed", "mangled", "success_false", "redirect", "huge"]
)
def test_provider_refusals_and_malformed_responses(
    deployment: Deployment, browser: requests.Session, fault: str
) -> None:
    finishing = deployment.participant()
    session = deployment.wait_for_session(finishing)
    deployment.sandbox.break_call(fault, count=2, **CREATE)
    deployment.sandbox.break_call(fault, count=2, **LIST_PHOTOS)
    deployment.sandbox.finish(session)
    starting = deployment.participant()
    wait_until(lambda: _is_met(deployment), "the first lie is told")
    _pages_stand(deployment, browser)
    _patiently(deployment)
    _everyone_arrives(deployment, finishing, starting)


def test_session_with_a_mangled_id_is_found_by_its_address(deployment: Deployment) -> None:
    deployment.sandbox.break_call("mangled", count=1, seed=SEED_THAT_MANGLES_THE_ID, **CREATE)
    participant = deployment.participant()
    mangled = deployment.wait_for_session(participant)
    assert mangled not in {model["id"] for model in deployment.sandbox.models()}
    _everyone_arrives(deployment, participant)


def test_journey_completes_with_a_third_of_failed_calls(deployment: Deployment, browser: requests.Session) -> None:
    deployment.sandbox.break_call("server_error", probability=0.3)
    participants = [deployment.participant() for _ in range(5)]
    for participant in participants:
        deployment.sandbox.finish(_found_at_last(deployment, participant))
    deployment.wait_until_idle(sweep=True)
    _pages_stand(deployment, browser)
    deployment.sandbox.clear_faults()
    _everyone_arrives(deployment, *participants)


def test_creating_works_and_the_response_is_lost(deployment: Deployment) -> None:
    # Fewer than would keep the portal from calling for half a minute.
    deployment.sandbox.break_call("lost_answer", count=4, **CREATE)
    participants = [deployment.participant() for _ in range(4)]
    wait_until(lambda: not deployment.sandbox.faults(), "four answers are lost")
    _everyone_arrives(deployment, *participants)
    for participant in participants:
        # The link was lost with the response and cannot be fetched again; the person is informed instead of waiting.
        assert deployment.shoot(participant)["signed_url"] is None


def test_people_without_credits_queue_once_and_resume_automatically(deployment: Deployment) -> None:
    deployment.sandbox.switch(credits=0)
    deployment.sandbox.clear_requests()
    participants = [deployment.participant() for _ in range(3)]
    wait_until(lambda: all(deployment.shoot(each)["problem"] == "no_credits" for each in participants), "all are told")
    deployment.wait_until_idle(sweep=True)
    # People behind the first refused one need not be refused as well.
    assert 1 <= deployment.sandbox.requests()["by_template"][f"POST {CREATE['path']}"] <= len(participants)
    deployment.sandbox.switch(credits=10_000)
    deployment.wait_until_idle(sweep=True)
    for each in participants:
        deployment.sandbox.finish(deployment.wait_for_session(each))
        assert deployment.shoot(each)["problem"] is None
    deployment.wait_until_idle()
    deployment.assert_consistent()


def test_slow_provider_does_not_delay_other_requests(deployment: Deployment, browser: requests.Session) -> None:
    deployment.sandbox.clear_requests()
    deployment.sandbox.break_call("delay", seconds=8, count=4, **CREATE)
    participants = [deployment.participant() for _ in range(4)]
    wait_until(lambda: not deployment.sandbox.faults(), "all of them wait for the provider")
    _pages_stand(deployment, browser)
    for each in participants:
        deployment.sandbox.finish(deployment.wait_for_session(each))
    # Slow is not lost: no request was sent twice.
    assert deployment.sandbox.requests()["by_template"][f"POST {CREATE['path']}"] == len(participants)
    deployment.wait_until_idle()
    deployment.assert_consistent()


def test_concurrent_waiters_stay_within_the_limit(deployment: Deployment) -> None:
    deployment.sandbox.switch(rate_limit=STORM_LIMIT, rate_window_seconds=60)
    deployment.wait_for_session(deployment.participant())
    wait_until(lambda: _limit_in_force(deployment) == STORM_LIMIT, "the budget follows the provider's limit")
    deployment.stop(deployment.worker)
    participants = [deployment.participant() for _ in range(STORM_LIMIT + 20)]
    deployment.sandbox.clear_requests()
    deployment.start(deployment.worker)
    wait_until(lambda: _stays_within(deployment, STORM_LIMIT) >= STORM_LIMIT // 3, "a third of the limit is used")
    deployment.sandbox.switch(rate_limit=100_000)
    deployment.wait_until_idle()
    assert all(deployment.shoot(each)["provider_id"] for each in participants)
    deployment.assert_consistent()


def _stays_within(deployment: Deployment, limit: int) -> int:
    """Cut all waits between tries short, which is the worst that can come, and count the calls."""
    deployment.list_pending()
    seen = deployment.sandbox.requests()
    assert seen["by_status"].get("429", 0) == 0
    assert seen["most_in_any_minute"] <= limit
    return int(seen["total"])


def _limit_in_force(deployment: Deployment) -> int:
    return int(deployment.query("SELECT limit_per_minute FROM provider_budget")[0][0])


def test_unknown_status_is_shown_as_in_progress(deployment: Deployment) -> None:
    participant = deployment.participant()
    session = deployment.wait_for_session(participant)
    deployment.sandbox.act(session, "complete")
    deployment.wait_until_idle()
    deployment.sandbox.break_call("unknown_status")
    deployment.sweep()
    browser = deployment.browser(participant)
    assert browser.get(f"{deployment.url}/headshots", timeout=PAGE_SECONDS).status_code == 200
    browser.close()
    deployment.sandbox.clear_faults()
    _everyone_arrives(deployment, participant)


def test_photo_addresses_expire_during_the_copy(deployment: Deployment) -> None:
    participant = deployment.participant()
    session = deployment.wait_for_session(participant)
    deployment.sandbox.break_call("delay", seconds=4, count=3, **PHOTOS)
    deployment.sandbox.finish(session)
    wait_until(lambda: not deployment.sandbox.faults(), "the downloads are under way")
    deployment.sandbox.act(session, "expire_photos")
    _everyone_arrives(deployment, participant)


@pytest.mark.parametrize("fault", ["malformed", "refuse", "server_error", "drip"])
def test_broken_photos_are_fetched_again(deployment: Deployment, fault: str) -> None:
    participant = deployment.participant()
    session = deployment.wait_for_session(participant)
    deployment.sandbox.break_call(fault, count=2, seconds=2, **PHOTOS)
    deployment.sandbox.finish(session)
    wait_until(lambda: not deployment.sandbox.faults(), "two photos came broken")
    deployment.wait_until_idle(sweep=True)
    refused = deployment.query("SELECT count(*) FROM photos WHERE shoot_id = %(id)s AND refused IS NOT NULL",
                          id=participant.shoot_id)[0][0]  # fmt: skip
    assert deployment.shoot(participant)["copied_at"] is not None
    deployment.assert_consistent()
    # Each of these may pass, so the photos are fetched again instead of being refused.
    assert refused == 0


def _used(deployment: Deployment, times: int) -> None:
    """Wait until the rule in force has broken so many calls."""
    wait_until(lambda: sum(rule["used"] for rule in deployment.sandbox.faults()) >= times, f"{times} calls are broken")


def _is_met(deployment: Deployment) -> bool:
    rules = deployment.sandbox.faults()
    return len(rules) < 2 or any(rule["used"] for rule in rules)


def _patiently(deployment: Deployment) -> None:
    """Let every planned fault be met; a job that is not in the way of any is no reason to wait."""
    wait_until(lambda: not deployment.sandbox.faults() or not deployment.list_pending(), "every lie is told")
    deployment.sandbox.clear_faults()


def _found_at_last(deployment: Deployment, participant: Participant) -> str:
    def get_new_provider_id() -> str | None:
        deployment.list_pending()
        found = deployment.shoot(participant)["provider_id"]
        return str(found) if found else None

    return wait_until(get_new_provider_id, "a session in spite of it all")
