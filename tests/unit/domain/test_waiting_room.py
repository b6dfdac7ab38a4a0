"""The estimate of a wait: never less than it takes, and no number where none is supported."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.waiting_room import (
    MAX_REFRESH,
    MEASURE_AFTER,
    MIN_REFRESH,
    QueuePosition,
    Unit,
    compute_free_per_minute,
    compute_refresh_interval,
    round_wait,
)

LINE = QueuePosition(
    ahead=11, waited=timedelta(seconds=2), per_minute=240, served=0, opens_in=timedelta(0), outages=0
)  # fmt: skip
_SIZE = {Unit.SECONDS: 1, Unit.MINUTES: 60, Unit.HOURS: 3600}


def estimate_seconds(**changes: object) -> float | None:
    wait = replace(LINE, **changes).wait  # type: ignore[arg-type]
    return None if wait is None else wait.total_seconds()


def test_the_wait_is_the_place_by_the_rate() -> None:
    assert LINE.place == 12
    assert estimate_seconds() == 3
    assert estimate_seconds(ahead=239) == 60


def test_closed_budget_adds_to_the_wait() -> None:
    assert estimate_seconds(opens_in=timedelta(seconds=40)) == 43


def test_long_wait_estimate_uses_measured_rate() -> None:
    assert estimate_seconds(ahead=59, waited=MEASURE_AFTER, served=30) == 120
    # The estimate never exceeds the budget, however fast the last minute was.
    assert estimate_seconds(ahead=239, waited=MEASURE_AFTER, served=1000) == 60


def test_no_recent_session_or_an_unavailable_studio_gives_no_estimate() -> None:
    assert estimate_seconds(waited=MEASURE_AFTER, served=0) is None
    assert estimate_seconds(outages=1) == 3
    assert estimate_seconds(outages=2) is None
    assert not replace(LINE, ahead=0, outages=2).is_a_moment


def test_short_wait_has_no_estimate() -> None:
    assert replace(LINE, ahead=2).is_a_moment
    assert not replace(LINE, ahead=3).is_a_moment
    assert not replace(LINE, ahead=0, opens_in=timedelta(seconds=6)).is_a_moment


def test_background_work_takes_its_share_only_while_it_uses_it() -> None:
    assert compute_free_per_minute(300, 0.8, 0.1, 1) == 240
    assert compute_free_per_minute(300, 0.8, 0.1, 0) == pytest.approx(216)
    assert compute_free_per_minute(300, 0.8, 0.1, 0.5) == pytest.approx(228)


@pytest.mark.parametrize(
    ("wait", "message"),
    [
        (0, (10, Unit.SECONDS)),
        (10, (10, Unit.SECONDS)),
        (11, (20, Unit.SECONDS)),
        (44, (45, Unit.SECONDS)),
        (46, (1, Unit.MINUTES)),
        (200, (4, Unit.MINUTES)),
        (601, (15, Unit.MINUTES)),
        (3000, (50, Unit.MINUTES)),
        (3001, (1, Unit.HOURS)),
        (3601, (2, Unit.HOURS)),
    ],
)
def test_wait_is_formatted_in_plain_language(wait: int, message: tuple[int, Unit]) -> None:
    assert round_wait(timedelta(seconds=wait)) == message


@given(st.floats(min_value=0, max_value=1e6))
def test_estimate_is_never_below_the_actual_wait(wait: float) -> None:
    number, unit = round_wait(timedelta(seconds=wait))
    message = number * _SIZE[unit]
    assert message >= wait - 1e-6
    assert message <= max(10, 2 * wait + 600)


@given(st.floats(min_value=0, max_value=1e5), st.floats(min_value=0, max_value=1e5))
def test_poll_interval_does_not_shrink_with_waiting_time(one: float, other: float) -> None:
    near, far = sorted((timedelta(seconds=one), timedelta(seconds=other)))
    assert MIN_REFRESH <= compute_refresh_interval(near) <= compute_refresh_interval(far) <= MAX_REFRESH


def test_five_thousand_waiting_pages_poll_less_than_17_times_a_second() -> None:
    waits = [place / 240 * 60 for place in range(1, 5001)]
    polls_per_second = sum(1 / compute_refresh_interval(timedelta(seconds=wait)).total_seconds() for wait in waits)
    # Every tenth of the wait, within two seconds and half a minute.
    before = sum(1 / min(max(wait / 10, 2), 30) for wait in waits)
    assert polls_per_second <= 0.1 * before
    assert polls_per_second <= 5000 / 30 / 10
