"""What is learned from finished shoots, and what must not spoil it."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from portal.domain.durations import DEFAULTS, MIN_SAMPLES, Step, compute_usual, find_step, is_reliable

HOUR = timedelta(hours=1)
NOTHING = timedelta(0)


@pytest.mark.parametrize(
    ("status", "step"),
    [
        (None, None),
        ("onboarding", Step.STUDIO),
        ("waiting", Step.CHECKING),
        ("pending", Step.MAKING),
        ("generatingHeadshots", Step.MAKING),
        ("failed", Step.MAKING),
        ("never heard of", Step.MAKING),
        ("active", None),
        ("deleted", None),
    ],
)
def test_each_status_belongs_to_a_step(status: str | None, step: Step | None) -> None:
    assert find_step(status) is step


def test_too_few_shoots_give_no_estimate() -> None:
    start = DEFAULTS[Step.MAKING]
    assert compute_usual([60.0] * (MIN_SAMPLES - 1), start) is start
    assert compute_usual([60.0] * MIN_SAMPLES, start).is_measured


def test_median_and_range_are_those_of_the_shoots() -> None:
    minutes = list(range(10, 111))
    random.Random(7).shuffle(minutes)
    found = compute_usual([minute * 60.0 for minute in minutes], DEFAULTS[Step.MAKING])
    assert (found.low, found.middle, found.high) == tuple(timedelta(minutes=each) for each in (20, 60, 100))


def test_estimate_is_interpolated_between_two_shoots() -> None:
    found = compute_usual([0.0, *[100.0] * 4, *[200.0] * 4, 300.0], DEFAULTS[Step.MAKING])
    assert found.middle == timedelta(seconds=150)
    assert NOTHING < found.low <= found.middle <= found.high < timedelta(seconds=300)


def test_outlier_does_not_change_the_expected_range() -> None:
    plain = compute_usual([3600.0] * 20, DEFAULTS[Step.MAKING])
    assert compute_usual([3600.0] * 20 + [9e6], DEFAULTS[Step.MAKING]) == plain


@pytest.mark.parametrize(
    ("step", "took", "uncertainty", "is_exact"),
    [
        (Step.MAKING, HOUR, NOTHING, True),
        (Step.MAKING, HOUR, timedelta(minutes=12), True),
        # Found by polling after an outage: it may have been over long before.
        (Step.MAKING, HOUR, timedelta(minutes=13), False),
        (Step.MAKING, NOTHING, NOTHING, False),
        # Two clocks that disagree.
        (Step.CHECKING, timedelta(seconds=-3), NOTHING, False),
        (Step.MAKING, timedelta(days=2), NOTHING, True),
        # The person left and returned the next day.
        (Step.STUDIO, timedelta(hours=4), NOTHING, False),
        (Step.STUDIO, timedelta(minutes=15), NOTHING, True),
    ],
)
def test_only_exact_durations_are_recorded(step: Step, took: timedelta, uncertainty: timedelta, is_exact: bool) -> None:
    assert is_reliable(step, took, uncertainty) is is_exact
