"""The database is stopped and stays down: no request hangs, nothing acknowledged is lost, all processes recover."""

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
from tests.faults.deployment import Deployment
from tests.faults.load import WebhookLoad
from tests.waiting import wait_until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(400)]

OUTAGE_SECONDS = 8
# A provider closes the connection after 10 seconds, a router after 30.
MAX_RESPONSE_SECONDS = 10.0
MAX_PAGE_SECONDS = 30.0
# Less than a stuck process would need: it is replaced after 30 seconds, and a full pool gives up after 20.
HEALED_SECONDS = 15.0


def test_a_temporary_database_outage(deployment: Deployment) -> None:
    postgres = deployment.stack.postgres
    participants = [deployment.participant() for _ in range(4)]
    sessions = [deployment.wait_for_session(each) for each in participants]
    browser = deployment.browser(participants[0])
    before = (deployment.worker.process, deployment.portal.process)
    with WebhookLoad(deployment) as load:
        load.wait_for(20)
        deployment.sandbox.finish(sessions[0])
        deployment.sandbox.finish(sessions[1])
        assert postgres.child.process is not None
        postgres.child.process.send_signal(signal.SIGQUIT)
        stop_all([postgres.child], seconds=20)
        gone = time.monotonic()
        deployment.sandbox.finish(sessions[2])
        response = browser.get(f"{deployment.url}/headshots", timeout=MAX_RESPONSE_SECONDS)
        assert response.status_code == 503
        assert "Traceback" not in response.text
        # Probes are served from memory for a moment.
        ready = f"{deployment.url}/readyz"
        wait_until(lambda: browser.get(ready, timeout=MAX_RESPONSE_SECONDS).status_code == 503, "probes are told")
        wait_until(lambda: time.monotonic() - gone >= OUTAGE_SECONDS, "the time is over")
        wait_until(lambda: len(load.list_since(gone + 1)) > OUTAGE_SECONDS, "enough webhooks have met the outage")
        during_outage = load.list_since(gone + 1)
        postgres.start()
        back = time.monotonic()
        load.wait_for(40)
    assert {each.status for each in during_outage} == {503}
    assert all(each.retry_after for each in during_outage)
    assert max(each.seconds for each in load.attempts) < MAX_RESPONSE_SECONDS
    first_good = min(each.at + each.seconds for each in load.attempts if each.status == 200 and each.at > gone)
    assert first_good - back <= HEALED_SECONDS
    deployment.sandbox.finish(sessions[3])
    deployment.wait_until_idle(sweep=True)
    assert (deployment.worker.process, deployment.portal.process) == before
    assert deployment.worker.returncode is None
    assert deployment.portal.returncode is None
    load.assert_none_lost()
    deployment.assert_consistent()
    assert browser.get(f"{deployment.url}/headshots/gallery", timeout=MAX_RESPONSE_SECONDS).status_code == 200
    browser.close()


INSIDE = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = %s"


@contextmanager
def occupy_all_connections(deployment: Deployment) -> Iterator[None]:
    """Hold all connections the server has, from another of its databases, until the block ends."""
    name = conninfo_to_dict(deployment.stack.database_url)["dbname"]
    statement = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
    held = [_from_outside(deployment)]
    try:
        # Connections stay refused until all places are free, or the portal could win the race forever.
        held[0].execute(statement.format(sql.Identifier(str(name)), sql.SQL("false")))
        wait_until(lambda: held[0].execute(INSIDE, (name,)).fetchone() == (0,), "nobody is connected")
        with suppress(psycopg.OperationalError):
            while True:
                held.append(_from_outside(deployment))
        held[0].execute(statement.format(sql.Identifier(str(name)), sql.SQL("true")))
        yield
    finally:
        held[0].execute(statement.format(sql.Identifier(str(name)), sql.SQL("true")))
        for connection in held:
            connection.close()


def _from_outside(deployment: Deployment) -> psycopg.Connection[Any]:
    return psycopg.connect(deployment.stack.database_url, dbname="postgres", autocommit=True, connect_timeout=30)


def test_a_database_without_a_connection_to_spare(deployment: Deployment) -> None:
    """All connections are in use by others: the response is a 503 at once, and they recover when free."""
    participant = deployment.participant()
    session = deployment.wait_for_session(participant)
    deployment.wait_until_idle()
    with deployment.browser(participant) as browser, WebhookLoad(deployment) as load:
        load.wait_for(10)
        with occupy_all_connections(deployment):
            deployment.sandbox.finish(session)
            started = time.monotonic()
            assert browser.get(f"{deployment.url}/headshots", timeout=60).status_code == 503
            assert time.monotonic() - started < MAX_PAGE_SECONDS
            wait_until(lambda: any(each.status == 503 for each in load.attempts), "a webhook is sent away")
        back = time.monotonic()
        load.wait_for(20)
        assert browser.get(f"{deployment.url}/headshots", timeout=60).status_code == 200
    first_good = min(each.at + each.seconds for each in load.attempts if each.status == 200 and each.at > back)
    assert first_good - back <= HEALED_SECONDS
    assert all(each.retry_after for each in load.attempts if each.status == 503)
    deployment.wait_until_idle(sweep=True)
    load.assert_none_lost()
    deployment.assert_consistent()
