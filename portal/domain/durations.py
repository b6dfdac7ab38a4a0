"""How long the steps of a shoot usually take: learned from finished ones, and sensible before there are any."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from portal.domain.stages import ACTIVE, DELETED, ONBOARDING, WAITING


class Step(StrEnum):
    """A stretch of a shoot that takes its time."""

    STUDIO = "studio"
    CHECKING = "checking"
    MAKING = "making"


ORDER = tuple(Step)

# Fewer shoots than this say more about chance than about the next one.
MIN_SAMPLES = 8
# What the studio does changes; older ones say nothing about today.
SAMPLE_SIZE = 200
LOW, HIGH = 0.1, 0.9
# Somebody who was away longer than this has paused, and their pause is not how long it takes.
MAX_VISIT = timedelta(hours=3)
# How much of a duration may be unknown, because its ends were not told but found by asking now and then.
MAX_UNCERTAINTY = 0.2


@dataclass(frozen=True)
class UsualDuration:
    """What to expect: eight of ten shoots lie between ``low`` and ``high``, half of them below ``middle``.

    Attributes:
        is_learned: whether this portal's own shoots say so; else it is a start value.
    """

    low: timedelta
    middle: timedelta
    high: timedelta
    is_measured: bool = False


def _minutes(low: int, middle: int, high: int) -> UsualDuration:
    return UsualDuration(timedelta(minutes=low), timedelta(minutes=middle), timedelta(minutes=high))


DEFAULTS = {Step.STUDIO: _minutes(10, 15, 30), Step.CHECKING: _minutes(5, 15, 60), Step.MAKING: _minutes(60, 120, 180)}
# Test sessions skip the work.
DEVELOPMENT_DEFAULTS = {
    Step.STUDIO: _minutes(2, 5, 15),
    Step.CHECKING: _minutes(1, 1, 3),
    Step.MAKING: _minutes(2, 3, 5),
}


def find_step(status: str | None) -> Step | None:
    """Return the step a provider's status belongs to, None when nothing is going on."""
    if status in {None, ACTIVE, DELETED}:
        return None
    return {ONBOARDING: Step.STUDIO, WAITING: Step.CHECKING}.get(status or "", Step.MAKING)


def compute_usual(samples: Sequence[float], start: UsualDuration) -> UsualDuration:
    """Return what these durations (in seconds) say of the next, the start value while they are too few."""
    if len(samples) < MIN_SAMPLES:
        return start
    ordered = sorted(samples)
    low, middle, high = (timedelta(seconds=_quantile(ordered, part)) for part in (LOW, 0.5, HIGH))
    return UsualDuration(low, middle, high, is_measured=True)


def _quantile(ordered: Sequence[float], part: float) -> float:
    place = part * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def is_reliable(step: Step, took: timedelta, uncertainty: timedelta) -> bool:
    """Return whether one shoot's duration may be learned from.

    What was only found out by asking can have happened any time since it was last asked. After an outage that is
    long, and would make the step look as long as the outage.
    """
    if took <= timedelta(0) or (step is Step.STUDIO and took > MAX_VISIT):
        return False
    return uncertainty <= took * MAX_UNCERTAINTY
