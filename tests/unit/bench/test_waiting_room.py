"""What the measurement of the waiting room makes of what it saw."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bench import waiting_room
from bench.fast_time import FastClock, FastTime
from bench.waiting_room import PEOPLE, Rush, build_verdict, count_max_overtaken

RUSH = Rush(
    people=PEOPLE,
    served=PEOPLE,
    calls=PEOPLE + 2,
    refused=0,
    max_in_a_minute=250,
    overtaken=7,
    mean=320,
    last=650,
    per_minute=240,
    curve=[30.0 * number for number in range(10)],
)


def test_queue_at_full_rate_meets_the_bound() -> None:
    assert round(RUSH.against(240), 2) == 1
    assert round(RUSH.against(300), 3) == 1.625
    assert build_verdict(RUSH).is_met


def test_partial_failures_do_not_pass_the_benchmark() -> None:
    for change in ({"refused": 1}, {"served": PEOPLE - 1}, {"last": 716.0}):
        assert not build_verdict(replace(RUSH, **change)).is_met  # type: ignore[arg-type]


def test_the_curve_is_drawn_to_the_maximum_wait() -> None:
    lines = waiting_room.format_curve(RUSH).splitlines()
    assert len(lines) == 11
    assert lines[-1].count("#") == 40


@given(st.lists(st.integers(0, 30), max_size=40))
def test_overtaking_metric_reports_the_worst_case(moments: list[int]) -> None:
    slow = max(
        (sum(later < moment for later in moments[place:]) for place, moment in enumerate(moments)),
        default=0,
    )
    assert count_max_overtaken([float(each) for each in moments]) == slow


def test_all_processes_of_a_run_share_the_clock() -> None:
    fast = FastTime(datetime.now(UTC) - timedelta(seconds=10), 60)
    other = FastTime.from_env(fast.environment())
    assert other == fast
    before = fast.now()
    seen = FastClock(other).real_now()
    assert before <= seen <= fast.now()
    assert fast.now() - fast.origin >= timedelta(minutes=10)
