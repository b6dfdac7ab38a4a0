"""A rush in small, against the sandbox: time runs faster, everything else is as it is in production."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
import requests
from flask import Flask

from bench.fast_time import FastClock, FastTime
from bench.waiting_room import count_max_overtaken
from portal.app import create_app
from portal.db import release_connection
from portal.domain.errors import RetryLater
from portal.models import waiting_room as waiting
from portal.services import shoots, waiting_room
from portal.settings import Settings
from sandbox.testing import RunningSandbox, start_sandbox
from tests.factories import make_consent, make_person
from tests.integration.core.conftest import close_connections

LIMIT = 60
RATE = 20.0
PEOPLE = 120
WORKERS = 6


@dataclass
class Rush:
    app: Flask
    fast: FastTime
    sandbox: RunningSandbox
    connection: psycopg.Connection[Any]

    def arrive(self, count: int) -> None:
        """Let so many press start, one right after the other."""
        for number in range(count):
            person = make_person(f"rush-{number}@example.com")
            make_consent(person)
            shoots.request_shoot(person, provider="profilebakery", development=False, now=self.fast.now())
        release_connection()

    def work(self) -> None:
        """Run start jobs until the queue is empty, as one slot of a worker does."""
        with self.app.app_context():
            while not waiting.get_queue_head().is_empty:
                release_connection()
                try:
                    waiting_room.start_next_in_queue(self.app.extensions["portal"])
                except RetryLater as not_yet:
                    self.fast.sleep_until(not_yet.at)
                release_connection()

    def work_together(self) -> None:
        """Let several do so at the same time, and wait until all are served."""
        threads = [threading.Thread(target=self.work) for _ in range(WORKERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(150)
        assert not any(thread.is_alive() for thread in threads)

    def started_at(self) -> list[float]:
        """When each person's turn came to get their session, in the order of requests; calls may take any time."""
        rows = self.connection.execute(
            "SELECT extract(epoch FROM attempted_at)::float FROM shoots WHERE provider_id IS NOT NULL "
            "ORDER BY requested_at, ticket"
        ).fetchall()
        return [moment for (moment,) in rows]

    def seen(self) -> dict[str, Any]:
        """What the provider counted."""
        return dict(requests.get(f"{self.sandbox.control_url}/requests", timeout=60).json())


@pytest.fixture
def rush(portal_settings: Callable[..., Settings], database_url: str) -> Iterator[Rush]:
    fast = FastTime(datetime.now(UTC), RATE)
    switches = {"rate_limit": LIMIT, "pictures": "plain", "gallery_size": 1}
    with start_sandbox("profilebakery", credits=1000, switches=switches) as sandbox:
        sandbox.sandbox.clock = FastClock(fast)
        settings = portal_settings(api_url=sandbox.api_url, api_key=sandbox.api_key, rate_limit=LIMIT)
        app = create_app(settings, clock=fast.now, sleep=fast.sleep)
        address = database_url.replace("+psycopg", "")
        with (
            close_connections(app),
            psycopg.connect(address, autocommit=True, connect_timeout=30) as connection,
            app.app_context(),
        ):
            yield Rush(app, fast, sandbox, connection)


@pytest.mark.timeout(300)
def test_queue_is_served_in_order_without_provider_refusals(rush: Rush) -> None:
    rush.arrive(PEOPLE)
    rush.work_together()
    started_at = rush.started_at()
    assert len(started_at) == PEOPLE
    # Those taken from the queue at the same moment may be in any order; no other one overtakes.
    assert count_max_overtaken(started_at) < WORKERS
    seen = rush.seen()
    assert seen["by_template"]["POST /api/v2/organization/models"] == PEOPLE
    assert "429" not in seen["by_status"]
    assert seen["most_in_any_minute"] <= LIMIT


@pytest.mark.timeout(300)
def test_lower_provider_limit_is_adopted_from_headers(rush: Rush) -> None:
    """The headers state twenty a minute, the contract sixty; other clients use the key as well."""
    requests.put(f"{rush.sandbox.control_url}/settings", json={"rate_limit": 20}, timeout=60).raise_for_status()
    rush.arrive(30)
    rush.work_together()
    assert len(rush.started_at()) == 30
    assert "429" not in rush.seen()["by_status"]
    # Those in progress when the first response arrived could not react; the provider's own count forgave them.
    assert rush.seen()["most_in_any_minute"] <= 20 + WORKERS
