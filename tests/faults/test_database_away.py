"""The database is stopped at once and stays away: nobody hangs, nothing acknowledged is lost, all heal alone."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from demo.children import stop_all
from tests.faults.barrage import Barrage
from tests.faults.house import House
from tests.faults.waiting import until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(400)]

AWAY_SECONDS = 8
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
        answer = browser.get(f"{house.url}/headshots", timeout=LONGEST_ANSWER)
        assert answer.status_code == 503
        assert "Traceback" not in answer.text
        # Probes are answered from memory for a moment.
        ready = f"{house.url}/readyz"
        until(lambda: browser.get(ready, timeout=LONGEST_ANSWER).status_code == 503, "probes are told")
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


INSIDE = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = %s"


@contextmanager
def every_connection_taken(house: House) -> Iterator[None]:
    """Hold all connections the server has, from another of its databases, until the block ends."""
    name = conninfo_to_dict(house.stack.database_url)["dbname"]
    door = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
    held = [_from_outside(house)]
    try:
        # Nobody may come back before all places are gone: it would be a race that the portal can win for ever.
        held[0].execute(door.format(sql.Identifier(str(name)), sql.SQL("false")))
        until(lambda: held[0].execute(INSIDE, (name,)).fetchone() == (0,), "nobody is connected")
        with suppress(psycopg.OperationalError):
            while True:
                held.append(_from_outside(house))
        held[0].execute(door.format(sql.Identifier(str(name)), sql.SQL("true")))
        yield
    finally:
        held[0].execute(door.format(sql.Identifier(str(name)), sql.SQL("true")))
        for connection in held:
            connection.close()


def _from_outside(house: House) -> psycopg.Connection[Any]:
    return psycopg.connect(house.stack.database_url, dbname="postgres", autocommit=True, connect_timeout=5)


def test_a_database_without_a_connection_to_spare(house: House) -> None:
    """Somebody else has them all: answered at once that it cannot be done now, and whole as soon as they are free."""
    traveller = house.traveller()
    session = house.session_of(traveller)
    house.settle()
    with house.browser(traveller) as browser, Barrage(house) as barrage:
        barrage.wait_for(10)
        with every_connection_taken(house):
            house.studio.finish(session)
            begun = time.monotonic()
            assert browser.get(f"{house.url}/headshots", timeout=30).status_code == 503
            assert time.monotonic() - begun < LONGEST_ANSWER
            until(lambda: any(each.status == 503 for each in barrage.attempts), "a webhook is sent away")
        back = time.monotonic()
        barrage.wait_for(20)
        assert browser.get(f"{house.url}/headshots", timeout=30).status_code == 200
    first_good = min(each.at + each.seconds for each in barrage.attempts if each.status == 200 and each.at > back)
    assert first_good - back <= HEALED_SECONDS
    assert all(each.retry_after for each in barrage.attempts if each.status == 503)
    house.settle(sweep=True)
    barrage.assert_none_lost()
    house.assert_whole()
