"""The provider is away, slow or lying while people are on their way: pages stay, nothing happens twice, all heals."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
import requests

from tests.faults.house import House
from tests.faults.people import Traveller
from tests.faults.studio import CREATE, PHOTOS
from tests.faults.waiting import until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

# What may pass before a page that needs nobody outside is there, however busy this machine is.
PAGE_SECONDS = 5.0
STORM_LIMIT = 120
LIST_PHOTOS = {"path": "/api/v2/organization/models/:modelId/photos"}


@pytest.fixture(scope="module")
def arrived(running_house: House) -> Traveller:
    """Somebody whose photos are all here."""
    running_house.restore()
    traveller = running_house.traveller()
    running_house.studio.finish(running_house.session_of(traveller))
    until(lambda: running_house.shoot(traveller)["copied_at"], "the photos are copied")
    return traveller


@pytest.fixture
def browser(house: House, arrived: Traveller) -> Iterator[requests.Session]:
    session = house.browser(arrived)
    yield session
    session.close()


def _pages_stand(house: House, browser: requests.Session) -> None:
    for path in ("/headshots", "/headshots/gallery", "/headshots/status"):
        begun = time.monotonic()
        assert browser.get(f"{house.url}{path}", timeout=PAGE_SECONDS).status_code == 200, path
        assert time.monotonic() - begun < PAGE_SECONDS
    (photo_id,) = house.query("SELECT id FROM photos WHERE copied_at IS NOT NULL LIMIT 1")[0]
    stranger = browser.get(f"{house.url}/photos/{photo_id}/nothing", timeout=PAGE_SECONDS)
    assert stranger.status_code == 404


def _everyone_arrives(house: House, *travellers: Traveller) -> None:
    """Whatever was broken is mended: everybody gets through, exactly once."""
    house.settle(sweep=True)
    for traveller in travellers:
        if house.shoot(traveller)["problem"]:
            house.press_again(traveller)
        session = house.session_of(traveller)
        assert len(house.studio.models_of(traveller.email)) == 1
        if house.studio.act(session, "revive_session")["status"] == "onboarding":
            house.studio.finish(session)
    house.settle(sweep=True)
    house.assert_whole()


def test_a_provider_that_is_down_and_then_hangs(house: House, browser: requests.Session) -> None:
    inside, starting, later = house.traveller(), None, None
    session = house.session_of(inside)
    house.studio.finish(session)
    house.settle()
    house.studio.break_call("refuse")
    starting = house.traveller()
    house.studio.act(session, "favorite")
    _used(house, 3)
    _pages_stand(house, browser)
    house.studio.mend()
    house.studio.break_call("hang", seconds=20)
    later = house.traveller()
    _used(house, 1)
    _pages_stand(house, browser)
    house.studio.mend()
    # After five failures only a probe goes out every 30 seconds.
    _everyone_arrives(house, inside, starting, later)


@pytest.mark.parametrize(
    "fault", ["rate_limited", "no_credits", "bad_gateway", "malformed", "mangled", "success_false", "redirect", "huge"]
)
def test_a_provider_that_refuses_or_lies(house: House, browser: requests.Session, fault: str) -> None:
    finishing = house.traveller()
    session = house.session_of(finishing)
    house.studio.break_call(fault, count=2, **CREATE)
    house.studio.break_call(fault, count=2, **LIST_PHOTOS)
    house.studio.finish(session)
    starting = house.traveller()
    until(lambda: _is_met(house), "the first lie is told")
    _pages_stand(house, browser)
    _patiently(house)
    _everyone_arrives(house, finishing, starting)


def test_a_third_of_all_answers_is_an_error(house: House, browser: requests.Session) -> None:
    house.studio.break_call("server_error", probability=0.3)
    travellers = [house.traveller() for _ in range(5)]
    for traveller in travellers:
        house.studio.finish(_found_at_last(house, traveller))
    house.settle(sweep=True)
    _pages_stand(house, browser)
    house.studio.mend()
    _everyone_arrives(house, *travellers)


def test_creating_works_and_the_answer_is_lost(house: House) -> None:
    # Fewer than would keep the portal from calling for half a minute.
    house.studio.break_call("lost_answer", count=4, **CREATE)
    travellers = [house.traveller() for _ in range(4)]
    until(lambda: not house.studio.faults(), "four answers are lost")
    _everyone_arrives(house, *travellers)
    for traveller in travellers:
        # The link went with the answer and cannot be had again; the person is told so, not left waiting.
        assert house.shoot(traveller)["signed_url"] is None


def test_without_credits_nobody_asks_twice_and_all_go_on_by_themselves(house: House) -> None:
    house.studio.switch(credits=0)
    house.studio.forget_requests()
    travellers = [house.traveller() for _ in range(3)]
    until(lambda: all(house.shoot(each)["problem"] == "no_credits" for each in travellers), "all are told")
    house.settle(sweep=True)
    # Whoever stands behind the first who was refused need not be refused as well.
    assert 1 <= house.studio.requests()["by_template"][f"POST {CREATE['path']}"] <= len(travellers)
    house.studio.switch(credits=10_000)
    house.settle(sweep=True)
    for each in travellers:
        house.studio.finish(house.session_of(each))
        assert house.shoot(each)["problem"] is None
    house.settle()
    house.assert_whole()


def test_a_slow_provider_slows_nobody_but_itself(house: House, browser: requests.Session) -> None:
    house.studio.forget_requests()
    house.studio.break_call("delay", seconds=8, count=4, **CREATE)
    travellers = [house.traveller() for _ in range(4)]
    until(lambda: not house.studio.faults(), "all of them wait for the provider")
    _pages_stand(house, browser)
    for each in travellers:
        house.studio.finish(house.session_of(each))
    # Slow is not lost: nobody asked twice.
    assert house.studio.requests()["by_template"][f"POST {CREATE['path']}"] == len(travellers)
    house.settle()
    house.assert_whole()


def test_everybody_who_waited_together_stays_within_the_limit(house: House) -> None:
    house.studio.switch(rate_limit=STORM_LIMIT, rate_window_seconds=60)
    house.session_of(house.traveller())
    until(lambda: _limit_in_force(house) == STORM_LIMIT, "the budget follows the provider's limit")
    house.stop(house.worker)
    travellers = [house.traveller() for _ in range(STORM_LIMIT + 20)]
    house.studio.forget_requests()
    house.start(house.worker)
    until(lambda: _stays_within(house, STORM_LIMIT) >= STORM_LIMIT // 3, "a third of the limit is used")
    house.studio.switch(rate_limit=100_000)
    house.settle()
    assert all(house.shoot(each)["provider_id"] for each in travellers)
    house.assert_whole()


def _stays_within(house: House, limit: int) -> int:
    """Cut all waits between tries short, which is the worst that can come, and count the calls."""
    house.busy()
    seen = house.studio.requests()
    assert seen["by_status"].get("429", 0) == 0
    assert seen["most_in_any_minute"] <= limit
    return int(seen["total"])


def _limit_in_force(house: House) -> int:
    return int(house.query("SELECT limit_per_minute FROM provider_budget")[0][0])


def test_a_status_nobody_has_seen_is_work_going_on(house: House) -> None:
    traveller = house.traveller()
    session = house.session_of(traveller)
    house.studio.act(session, "complete")
    house.settle()
    house.studio.break_call("unknown_status")
    house.sweep()
    browser = house.browser(traveller)
    assert browser.get(f"{house.url}/headshots", timeout=PAGE_SECONDS).status_code == 200
    browser.close()
    house.studio.mend()
    _everyone_arrives(house, traveller)


def test_photo_addresses_die_while_they_are_fetched(house: House) -> None:
    traveller = house.traveller()
    session = house.session_of(traveller)
    house.studio.break_call("delay", seconds=4, count=3, **PHOTOS)
    house.studio.finish(session)
    until(lambda: not house.studio.faults(), "the downloads are under way")
    house.studio.act(session, "expire_photos")
    _everyone_arrives(house, traveller)


@pytest.mark.parametrize("fault", ["malformed", "refuse", "server_error", "drip"])
def test_photos_that_come_broken(house: House, fault: str) -> None:
    traveller = house.traveller()
    session = house.session_of(traveller)
    house.studio.break_call(fault, count=2, seconds=2, **PHOTOS)
    house.studio.finish(session)
    until(lambda: not house.studio.faults(), "two photos came broken")
    house.settle(sweep=True)
    refused = house.query("SELECT count(*) FROM photos WHERE shoot_id = %(id)s AND refused IS NOT NULL",
                          id=traveller.shoot_id)[0][0]  # fmt: skip
    assert house.shoot(traveller)["copied_at"] is not None
    house.assert_whole()
    assert (refused > 0) == (fault in {"malformed", "drip"})


def _used(house: House, times: int) -> None:
    """Wait until the rule in force has broken so many calls."""
    until(lambda: sum(rule["used"] for rule in house.studio.faults()) >= times, f"{times} calls are broken")


def _is_met(house: House) -> bool:
    rules = house.studio.faults()
    return len(rules) < 2 or any(rule["used"] for rule in rules)


def _patiently(house: House) -> None:
    """Let every planned fault be met; a job that is not in the way of any is no reason to wait."""
    until(lambda: not house.studio.faults() or not house.busy(), "every lie is told")
    house.studio.mend()


def _found_at_last(house: House, traveller: Traveller) -> str:
    def look() -> str | None:
        house.busy()
        found = house.shoot(traveller)["provider_id"]
        return str(found) if found else None

    return until(look, "a session in spite of it all")
