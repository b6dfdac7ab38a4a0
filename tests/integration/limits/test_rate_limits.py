"""Limits that processes share: two rate_limiters on one database, and two real servers."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.app import create_app
from portal.db import db, transaction
from portal.domain.errors import TooMany
from portal.domain.retention import UNUSED_RATE_LIMITS
from portal.models import rate_limits
from portal.settings import Settings
from portal.web.security.rate_limits import RateLimit, RateLimiter, acquire_shared
from tests.database_limits import patch_database_limits
from tests.factories import make_person
from tests.integration.core.processes import build_environment, create_session_cookie, run_web
from tests.integration.core.signing import sign_headers
from tests.waiting import END_SECONDS

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
FIFTY = RateLimit("fifty", per_minute=50)
WEBHOOK = "/webhooks/profilebakery"


@pytest.fixture
def app(portal_settings: Callable[..., Settings], database_url: str) -> Iterator[Flask]:
    app = create_app(portal_settings())
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def is_accepted(rate_limiter: RateLimiter, limit: RateLimit, client: str, now: datetime) -> bool:
    try:
        rate_limiter.check(limit, client, now)
    except TooMany:
        return False
    return True


@pytest.mark.asvs("A44")
def test_two_processes_share_the_limit_beyond_their_own_part(app: Flask) -> None:
    one, other = RateLimiter(acquire_shared), RateLimiter(acquire_shared)
    assert sum(is_accepted(one, FIFTY, "a", NOW) for _ in range(100)) == 50
    assert sum(is_accepted(other, FIFTY, "a", NOW) for _ in range(100)) == 10
    assert sum(is_accepted(other, FIFTY, "b", NOW) for _ in range(100)) == 50


def test_shared_bucket_is_refilled_by_the_minute(app: Flask) -> None:
    def take(expected: int, after: float) -> int:
        return rate_limits.acquire_calls(
            "x", "a", per_minute=60, requested=expected, now=NOW + timedelta(seconds=after)
        )

    assert [take(50, 0), take(50, 0), take(50, 0)] == [50, 10, 0]
    assert [take(50, 9.5), take(50, 9.9), take(50, 10)] == [9, 0, 1]
    assert take(50, 5) == 0, "another machine's clock may be behind"
    assert take(60, 3600) == 60
    assert take(60, -3600) == 60, "a clock that was set back starts anew"


# Each step: which process, how many calls at once, and the seconds until the next.
steps = st.lists(
    st.tuples(st.integers(0, 2), st.integers(1, 60), st.sampled_from([0.0, 0.01, 0.7, 3.0, 20.0, 61.0])), max_size=25
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps, per_minute=st.integers(2, 70), batch=st.integers(0, 8))
def test_no_window_accepts_more_than_the_limit(
    steps: list[tuple[int, int, float]], per_minute: int, batch: int, app: Flask
) -> None:
    limit = RateLimit("tested", per_minute, batch=min(batch, per_minute - per_minute // 5))
    processes = [RateLimiter(acquire_shared) for _ in range(3)]
    client, now = uuid4().hex, NOW
    accepted: list[datetime] = []
    for process, times, pause in steps:
        accepted += [now for _ in range(times) if is_accepted(processes[process], limit, client, now)]
        now += timedelta(seconds=pause)
    at_once = limit.shared + len(processes) * limit.local
    in_advance = len(processes) * (limit.batch_size - 1)
    for first, begins in enumerate(accepted):
        for number, ends in enumerate(accepted[first:], 1):
            seconds = (ends - begins).total_seconds()
            assert number <= at_once * (1 + seconds / 60) + in_advance + 1e-6


def test_concurrent_requests_neither_deadlock_nor_exceed_the_budget(app: Flask) -> None:
    rate_limiters = [RateLimiter(acquire_shared) for _ in range(4)]

    def hammer(number: int) -> int:
        with app.app_context():
            return sum(is_accepted(rate_limiters[number % 4], FIFTY, f"c{each % 2}", NOW) for each in range(100))

    with ThreadPoolExecutor(8) as pool:
        total = sum(pool.map(hammer, range(8)))
    assert total == 2 * (40 + 4 * 10)


def test_locked_rate_limit_table_does_not_block_requests(
    app: Flask, database_url: str, portal_settings: Callable[..., Settings], patient_apps: pytest.MonkeyPatch
) -> None:
    rate_limiter = RateLimiter(acquire_shared)
    patient_apps.undo()
    app.extensions["best_effort_batcher"] = create_app(portal_settings()).extensions["best_effort_batcher"]
    patch_database_limits(patient_apps)
    with psycopg.connect(database_url.replace("+psycopg", "")) as other:
        other.execute("LOCK TABLE rate_limits")
        began = time.monotonic()
        assert sum(is_accepted(rate_limiter, FIFTY, "a", NOW) for _ in range(60)) == 50
        assert time.monotonic() - began < END_SECONDS
        other.rollback()
    app.extensions["best_effort_batcher"].close()


def test_clients_are_stored_as_digests_and_expire(app: Flask) -> None:
    rate_limiter = RateLimiter(acquire_shared)
    for client in ("203.0.113.9", "11111111-1111-1111-1111-111111111111"):
        for _ in range(12):
            is_accepted(rate_limiter, FIFTY, client, NOW)
    with transaction() as session:
        kept = [row.subject for row in session.query(rate_limits.RateLimit)]
    assert [len(client) for client in kept] == [32, 32]
    assert not any("203" in client and "113.9" in client for client in kept)
    with transaction() as session:
        rate_limits.delete_unused(NOW + timedelta(minutes=59) - UNUSED_RATE_LIMITS.default)
        assert session.query(rate_limits.RateLimit).count() == 2
    with transaction() as session:
        rate_limits.delete_unused(NOW + timedelta(minutes=61) - UNUSED_RATE_LIMITS.default)
        assert session.query(rate_limits.RateLimit).count() == 0


@pytest.fixture
def servers(database_url: str, tmp_path: Path) -> Iterator[list[int]]:
    """The ports of two real servers on one database."""
    with ExitStack() as stack:
        started = [
            stack.enter_context(run_web(build_environment(database_url, tmp_path), tmp_path / f"web{number}.log"))
            for number in range(2)
        ]
        yield [port for _process, port in started]


def send_requests(port: int, path: str, headers: dict[str, str], times: int, body: bytes = b"") -> list[int]:
    """The statuses of so many requests over one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    found = []
    for _ in range(times):
        connection.request("POST", path, body, {"Host": "localhost", **headers})
        response = connection.getresponse()
        response.read()
        found.append(response.status)
    connection.close()
    return found


def test_two_servers_share_limits_and_valid_webhooks_pass(app: Flask, servers: list[int]) -> None:
    began = time.monotonic()
    cookie = create_session_cookie(make_person())
    acts = [status for port in servers for status in send_requests(port, "/headshots/start", {"Cookie": cookie}, 70)]
    forged = [status for port in servers for status in send_requests(port, WEBHOOK, {}, 100, b"{}")]
    # 48 shared and 12 for each server, refilled in a minute; 8 wrong signatures are counted at a time.
    grown = 72 * (time.monotonic() - began) / 60
    assert 72 <= len([status for status in acts if status != 429]) <= 72 + grown
    assert 72 <= forged.count(401) <= 72 + grown + 16
    assert set(forged) == {401, 429}
    for number, port in enumerate(servers):
        body = b'{"id": "evt_%d", "event": "model.created", "object": {"_id": "m1"}}' % number
        assert send_requests(port, WEBHOOK, dict(sign_headers(body, datetime.now(UTC))), 1, body) == [200]
