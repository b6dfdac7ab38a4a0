"""Web workers are killed and processes are asked to end, in the middle of their work: nothing accepted is lost."""

from __future__ import annotations

import threading
import time

import psutil
import pytest
import requests

from demo.children import Child
from portal.failpoints import VARIABLE
from tests.faults.barrage import Barrage
from tests.faults.house import House
from tests.faults.waiting import until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(400)]

# The platform kills after 30 seconds.
END_SECONDS = 25.0


def _web_workers(house: House) -> list[psutil.Process]:
    assert house.portal.process is not None
    return psutil.Process(house.portal.process.pid).children()


def _end(child: Child) -> float:
    """Ask a process to end and return how long it took."""
    begun = time.monotonic()
    child.ask_to_stop()
    child.wait_for_end(seconds=40)
    return time.monotonic() - begun


def test_web_workers_killed_again_and_again_lose_no_acknowledged_webhook(house: House) -> None:
    travellers = [house.traveller() for _ in range(3)]
    sessions = [house.session_of(each) for each in travellers]
    killed: set[int] = set()
    with Barrage(house) as barrage:
        for number in range(6):
            barrage.wait_for(15)
            victim = until(
                lambda: next((one for one in _web_workers(house) if one.pid not in killed), None), "a fresh web worker"
            )
            killed.add(victim.pid)
            victim.kill()
            if number < len(sessions):
                house.studio.finish(sessions[number])
        barrage.wait_for(15)
    assert len(killed) == 6
    house.settle(sweep=True)
    barrage.assert_none_lost()
    house.assert_whole()


def test_a_webhook_kept_and_never_answered_is_kept_once(house: House) -> None:
    house.replace_portal(**{VARIABLE: "webhook.after_insert:10"})
    first = {worker.pid for worker in _web_workers(house)}
    session = house.session_of(house.traveller())
    with Barrage(house) as barrage:
        barrage.wait_for(40)
        house.studio.finish(session)
        until(lambda: not first & {worker.pid for worker in _web_workers(house)}, "every first worker has died")
    unanswered = {each.event for each in barrage.attempts if each.status is None}
    assert len(unanswered & barrage.acknowledged) >= 2
    house.settle(sweep=True)
    barrage.assert_none_lost()
    house.assert_whole()


def test_a_web_process_told_to_end_ends_in_time_and_lets_open_pages_go(house: House) -> None:
    traveller = house.traveller()
    session = house.session_of(traveller)
    browser = house.browser(traveller)
    stream = browser.get(f"{house.url}/headshots/events", stream=True, timeout=60)
    assert stream.status_code == 200
    ended = threading.Event()
    reader = threading.Thread(target=_read_to_the_end, args=(stream, ended))
    reader.start()
    with Barrage(house) as barrage:
        barrage.wait_for(20)
        house.studio.finish(session)
        assert _end(house.portal) < END_SECONDS
        assert ended.wait(10)
        house.start(house.portal)
        barrage.wait_for(20)
    reader.join(10)
    browser.close()
    # Whoever was answered, was answered well; all others found nobody there and came again.
    assert {each.status for each in barrage.attempts} <= {200, None}
    house.settle(sweep=True)
    barrage.assert_none_lost()
    house.assert_whole()


def _read_to_the_end(stream: requests.Response, ended: threading.Event) -> None:
    try:
        for _ in stream.iter_content(1024):
            pass
    except requests.RequestException:
        pass
    ended.set()


def test_a_worker_told_to_end_hands_back_what_would_take_too_long(house: House) -> None:
    house.studio.switch(gallery_size=9)
    traveller = house.traveller()
    session = house.session_of(traveller)
    # Three at a time, and less than the time after which a download is given up: 27 seconds for nine.
    house.studio.break_call("delay", seconds=9, path="/photos/*")
    house.studio.finish(session)
    copying = "SELECT id FROM procrastinate_jobs WHERE task_name = 'photos.copy' AND status::text = %(status)s"
    running = until(lambda: house.query(copying, status="doing"), "the photos are being copied")
    others = [house.traveller() for _ in range(3)]
    assert _end(house.worker) < END_SECONDS
    assert set(running) <= set(house.query(copying, status="todo"))
    assert house.query("SELECT id FROM procrastinate_jobs WHERE status = 'doing'") == []
    house.studio.mend()
    house.start(house.worker)
    for each in others:
        house.session_of(each)
    house.settle(sweep=True)
    house.studio.switch(gallery_size=3)
    assert house.shoot(traveller)["photo_count"] == 9
    house.assert_whole()


def test_a_worker_told_to_end_finishes_what_is_quick(house: House) -> None:
    travellers = [house.traveller() for _ in range(6)]
    assert _end(house.worker) < END_SECONDS
    assert house.query("SELECT id FROM procrastinate_jobs WHERE status = 'doing'") == []
    house.start(house.worker)
    for each in travellers:
        house.session_of(each)
    house.settle()
    house.assert_whole()


def test_events_that_found_nobody_till_the_last_retry_are_made_good(house: House) -> None:
    travellers = [house.traveller() for _ in range(3)]
    sessions = [house.session_of(each) for each in travellers]
    house.settle()
    assert _end(house.portal) < END_SECONDS
    for session in sessions:
        house.studio.finish(session)
    house.studio.act(sessions[0], "favorite")
    until(lambda: _lost_of(house, sessions) >= len(sessions) + 1, "the provider has given up")
    house.settle()
    house.start(house.portal)
    house.sweep()
    house.settle(sweep=True)
    assert all(house.shoot(each)["copied_at"] for each in travellers)
    house.assert_whole()


def _lost_of(house: House, sessions: list[str]) -> int:
    return sum(each["modelId"] in sessions and each["state"] == "lost" for each in house.studio.deliveries())
