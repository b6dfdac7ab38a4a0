"""The database is stopped at once and stays away: nobody hangs, nothing acknowledged is lost, all heal alone."""

from __future__ import annotations

import signal
import time

import pytest

from portal.demo.children import stop_all
from tests.faults.barrage import Barrage
from tests.faults.house import House
from tests.faults.waiting import until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(400)]

AWAY_SECONDS = 12
# A provider hangs up after 10 seconds, a router after 30.
LONGEST_ANSWER = 10.0
HEALED_SECONDS = 5.0


def test_a_database_that_goes_away_for_a_while(house: House) -> None:
    postgres = house.stack.postgres
    travellers = [house.traveller() for _ in range(4)]
    sessions = [house.session_of(each) for each in travellers]
    browser = house.browser(travellers[0])
    before = (house.worker.process, house.portal.process)
    with Barrage(house) as barrage:
        barrage.wait_for(20)
        house.studio.finish(sessions[0])
        house.studio.finish(sessions[1])
        assert postgres.child.process is not None
        postgres.child.process.send_signal(signal.SIGQUIT)
        stop_all([postgres.child], seconds=20)
        gone = time.monotonic()
        house.studio.finish(sessions[2])
        for path in ("/headshots", "/readyz"):
            answer = browser.get(f"{house.url}{path}", timeout=LONGEST_ANSWER)
            assert answer.status_code == 503, path
        assert "Traceback" not in answer.text
        until(lambda: time.monotonic() - gone >= AWAY_SECONDS, "the time is over")
        postgres.start()
        back = time.monotonic()
        barrage.wait_for(40)
    while_away = [each for each in barrage.attempts if gone + 1 < each.at and each.at + each.seconds < back - 1]
    assert len(while_away) > AWAY_SECONDS
    assert {each.status for each in while_away} == {503}
    assert all(each.retry_after for each in while_away)
    assert max(each.seconds for each in barrage.attempts) < LONGEST_ANSWER
    first_good = min(each.at + each.seconds for each in barrage.attempts if each.status == 200 and each.at > gone)
    assert first_good - back <= HEALED_SECONDS
    house.studio.finish(sessions[3])
    house.settle(sweep=True)
    assert (house.worker.process, house.portal.process) == before
    assert house.worker.returncode is None
    assert house.portal.returncode is None
    barrage.assert_none_lost()
    house.assert_whole()
    assert browser.get(f"{house.url}/headshots/gallery", timeout=LONGEST_ANSWER).status_code == 200
    browser.close()
