"""When the headshots will be ready: one estimate and one percentage, from how long the steps usually take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.domain.durations import Step, UsualDuration

_MIN_PERCENT, _MAX_PERCENT, _PERCENT_STEP = 5, 95, 5
# Estimates further away than the first value are rounded up to the second one.
_ROUNDING = (
    (timedelta(hours=2), timedelta(minutes=30)),
    (timedelta(minutes=20), timedelta(minutes=5)),
    (timedelta(0), timedelta(minutes=1)),
)
_REMAINING = {Step.CHECKING: (Step.CHECKING, Step.MAKING), Step.MAKING: (Step.MAKING,)}


@dataclass(frozen=True)
class Estimate:
    """The estimate as a page shows it.

    Attributes:
        started_at: start of the progress bar, UTC.
        ready_at: UTC, rounded up; None once it takes longer than usual.
        percent: 5 to 95 in steps of 5, so that a live page does not change every second.
    """

    started_at: datetime
    ready_at: datetime | None
    percent: int


def estimate_completion(
    step: Step, *, started_at: datetime, since: datetime, usual: Mapping[Step, UsualDuration], now: datetime
) -> Estimate | None:
    """Estimate when the headshots are ready, None while the photos are still being taken.

    Args:
        step: the current step.
        started_at: when the photos were received.
        since: when the current step began.
        usual: how long each step usually takes.
        now: the present, UTC.
    """
    if step not in _REMAINING:
        return None
    likely = since + sum((usual[each].middle for each in _REMAINING[step]), timedelta())
    latest = since + sum((usual[each].high for each in _REMAINING[step]), timedelta())
    if now >= latest:
        return Estimate(started_at, None, _MAX_PERCENT)
    ready_at = likely if now < likely else latest
    share = (now - started_at) / (ready_at - started_at) if ready_at > started_at else 0
    percent = _PERCENT_STEP * int(100 * share / _PERCENT_STEP)
    return Estimate(started_at, _round_up(ready_at, now), min(_MAX_PERCENT, max(_MIN_PERCENT, percent)))


def _round_up(moment: datetime, now: datetime) -> datetime:
    step = next(step for distance, step in _ROUNDING if moment - now >= distance)
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + -(-(moment - midnight) // step) * step
