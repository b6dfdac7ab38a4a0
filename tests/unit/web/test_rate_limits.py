"""Slowing down floods in one process: its own part, batches out of the shared bucket, and what happens without it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from portal.app import create_app
from portal.domain.errors import TooMany
from portal.settings import Settings
from portal.web.observability.client_address import build_client_key
from portal.web.security import rate_limits as module
from portal.web.security.access import RULES
from portal.web.security.rate_limits import RateLimit, RateLimiter

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SIX = RateLimit("six", per_minute=6)
BATCHES = RateLimit("batches", per_minute=100, batch=10)


class Bucket:
    """A shared bucket that is full until the test empties it, and records its clients."""

    def __init__(self, left: int = 10**6) -> None:
        self.left = left
        self.requests: list[str] = []
        self.is_unavailable = False

    def __call__(self, limit: RateLimit, client: str, now: datetime) -> int:
        self.requests.append(client)
        if self.is_unavailable:
            raise psycopg.OperationalError
        given = min(self.left, limit.batch_size)
        self.left -= given
        return given


def count_accepted(
    rate_limiter: RateLimiter, limit: RateLimit, times: int, client: str = "a", now: datetime = NOW
) -> int:
    """Call so often; how many were let through."""
    passed = 0
    for _ in range(times):
        try:
            rate_limiter.check(limit, client, now)
        except TooMany:
            continue
        passed += 1
    return passed


def test_first_fifth_costs_nothing_and_the_rest_a_batch_at_a_time() -> None:
    bucket = Bucket()
    rate_limiter = RateLimiter(bucket)
    assert count_accepted(rate_limiter, BATCHES, 20) == 20
    assert bucket.requests == []
    assert count_accepted(rate_limiter, BATCHES, 30) == 30
    assert bucket.requests == ["a"] * 3


def test_slow_clients_never_use_tokens() -> None:
    bucket = Bucket()
    rate_limiter = RateLimiter(bucket)
    for second in range(0, 3600, 4):
        assert count_accepted(rate_limiter, BATCHES, 1, now=NOW + timedelta(seconds=second)) == 1
    assert bucket.requests == []


def test_empty_bucket_is_remembered_until_it_has_gained_a_batch() -> None:
    bucket = Bucket(left=0)
    rate_limiter = RateLimiter(bucket)
    assert count_accepted(rate_limiter, BATCHES, 500) == 20
    assert len(bucket.requests) == 1
    with pytest.raises(TooMany) as refusal:
        rate_limiter.check(BATCHES, "a", NOW + timedelta(seconds=0.5))
    assert refusal.value.retry_after == 7
    assert (
        count_accepted(rate_limiter, BATCHES, 500, now=NOW + timedelta(seconds=7.4)) == 2
    )  # its own part grows meanwhile
    assert len(bucket.requests) == 1
    count_accepted(rate_limiter, BATCHES, 5, now=NOW + timedelta(seconds=7.5))
    assert len(bucket.requests) == 2


def test_burst_then_one_each_twelve_seconds() -> None:
    rate_limiter = RateLimiter(Bucket(left=5))
    assert count_accepted(rate_limiter, SIX, 6) == 6
    with pytest.raises(TooMany) as refusal:
        rate_limiter.check(SIX, "a", NOW)
    assert refusal.value.retry_after == 12


def test_clients_and_limits_are_counted_separately() -> None:
    rate_limiter = RateLimiter(Bucket(left=0))
    assert count_accepted(rate_limiter, SIX, 9) == 1
    assert count_accepted(rate_limiter, SIX, 9, "b") == 1
    assert count_accepted(rate_limiter, RateLimit("other", per_minute=6), 9) == 1


def test_without_the_shared_count_each_process_counts_for_itself_and_tries_again_later() -> None:
    bucket = Bucket()
    bucket.is_unavailable = True
    rate_limiter = RateLimiter(bucket)
    assert count_accepted(rate_limiter, BATCHES, 500) == 100
    assert len(bucket.requests) == 1
    count_accepted(rate_limiter, BATCHES, 50, "b")
    assert len(bucket.requests) == 1, "nobody else waits for it either"
    bucket.is_unavailable = False
    assert count_accepted(rate_limiter, BATCHES, 50, "b", NOW + timedelta(seconds=5)) == 50
    assert bucket.requests == ["a", *"bbbbb"]


def test_failure_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    bucket = Bucket()
    bucket.is_unavailable = True
    count_accepted(RateLimiter(bucket), BATCHES, 90, "203.0.113.9")
    assert [record.message for record in caplog.records] == ["rate_limits.database_unavailable"]
    assert "203.0.113.9" not in caplog.text


def test_least_recently_seen_clients_are_evicted_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MAX_CLIENTS", 3)
    rate_limiter = RateLimiter(Bucket(left=0))
    for name in ("busy", "x", "y", "busy", "z"):
        count_accepted(rate_limiter, SIX, 1, name)
    assert [client for _, client in rate_limiter._states] == ["y", "busy", "z"]


def test_clock_set_back_does_not_block_requests() -> None:
    bucket = Bucket(left=0)
    rate_limiter = RateLimiter(bucket)
    count_accepted(rate_limiter, SIX, 9)
    bucket.left = 5
    assert count_accepted(rate_limiter, SIX, 1, now=NOW - timedelta(hours=1)) == 1


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("no address", "no address"),
        ("", ""),
    ],
)
def test_ipv6_clients_are_counted_by_prefix(address: str, origin: str) -> None:
    assert build_client_key(address) == origin


@pytest.mark.parametrize("path", ["/login/initiate", "/login/backchannel-logout"])
def test_flood_is_rejected_with_retry_after(path: str, portal_settings: Callable[..., Settings]) -> None:
    app = create_app(portal_settings(), clock=lambda: NOW)
    app.extensions["rate_limiter"] = RateLimiter(Bucket(left=0))
    limit = RULES["auth.start_initiated_login"].rate_limit
    assert limit is not None
    count_accepted(app.extensions["rate_limiter"], limit, limit.local, "127.0.0.1")
    client = app.test_client()
    response = client.post(path, headers={"Accept-Language": "en"})
    assert response.status_code == 429
    assert response.headers["Retry-After"] == "1"
    assert "That was too fast" in response.text
    assert (response.json is None) == (path == "/login/initiate")
    assert client.get("/healthz").status_code == 200
