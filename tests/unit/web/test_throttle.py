"""Slowing down floods: by limit and caller, refilled by the minute, told when to come back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from portal.app import create_app
from portal.domain.errors import TooMany
from portal.settings import Settings
from portal.web import throttle as module
from portal.web.throttle import Limit, Throttle

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SIX = Limit("six", per_minute=6)


def test_burst_then_one_each_ten_seconds() -> None:
    throttle = Throttle()
    for _ in range(6):
        throttle.count(SIX, "a", NOW)
    with pytest.raises(TooMany) as refusal:
        throttle.count(SIX, "a", NOW)
    assert refusal.value.retry_after == 10
    with pytest.raises(TooMany):
        throttle.count(SIX, "a", NOW + timedelta(seconds=9))
    throttle.count(SIX, "a", NOW + timedelta(seconds=10))


def test_callers_and_limits_do_not_disturb_each_other() -> None:
    throttle = Throttle()
    for _ in range(6):
        throttle.count(SIX, "a", NOW)
    throttle.count(SIX, "b", NOW)
    throttle.count(Limit("other", per_minute=6), "a", NOW)


def test_idle_callers_are_forgotten_busy_ones_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_BUCKETS", 3)
    throttle = Throttle()
    for _ in range(6):
        throttle.count(SIX, "busy", NOW + timedelta(seconds=30))
    for name in ("x", "y", "z"):
        throttle.count(SIX, name, NOW)
    throttle.count(SIX, "new", NOW + timedelta(seconds=61))
    assert {caller for _, caller in throttle._buckets} == {"busy", "new"}


def test_clock_that_steps_back_harms_nobody() -> None:
    throttle = Throttle()
    throttle.count(SIX, "a", NOW)
    throttle.count(SIX, "a", NOW - timedelta(hours=1))


def test_flood_of_sign_ins_is_answered_with_a_time_to_come_back(
    portal_settings: Callable[..., Settings],
) -> None:
    client = create_app(portal_settings(), clock=lambda: NOW).test_client()
    # No database here, so what the throttle lets through ends as 503.
    assert client.get("/login/initiate").status_code == 503
    for bucket in client.application.extensions["throttle"]._buckets.values():
        bucket.left = 0
    answer = client.get("/login/initiate")
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "1"
    assert client.get("/healthz").status_code == 200
