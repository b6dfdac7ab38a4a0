"""Usual durations of a shoot's steps: measured from finished shoots, defaults while there are too few."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from portal.domain.stages import ACTIVE, DELETED, ONBOARDING, WAITING


class Step(StrEnum):
    """A step of a shoot whose duration is measured."""

    STUDIO = "studio"
    CHECKING = "checking"
    MAKING = "making"


ORDER = tuple(Step)

# With fewer samples than this, the defaults are used.
MIN_SAMPLES = 8
# Only the newest samples count, because the provider's speed changes.
SAMPLE_SIZE = 200
LOW, HIGH = 0.1, 0.9
# A longer visit contains a pause and is not used as a sample.
MAX_VISIT = timedelta(hours=3)
# Largest uncertainty of a sample, as a share of its duration. Times found by polling are uncertain.
MAX_UNCERTAINTY = 0.2


@dataclass(frozen=True)
class UsualDuration:
    """A usual duration: eight of ten shoots lie between ``low`` and ``high``, half of them below ``middle``.

    Attributes:
        is_measured: whether the figures come from this portal's shoots; False for a default.
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
    """Return the step to which a provider's status belongs, None if no step is running."""
    if status in {None, ACTIVE, DELETED}:
        return None
    return {ONBOARDING: Step.STUDIO, WAITING: Step.CHECKING}.get(status or "", Step.MAKING)


def compute_usual(samples: Sequence[float], default: UsualDuration) -> UsualDuration:
    """Return the usual duration from samples (in seconds), or the default while there are too few."""
    if len(samples) < MIN_SAMPLES:
        return default
    ordered = sorted(samples)
    low, middle, high = (timedelta(seconds=_quantile(ordered, part)) for part in (LOW, 0.5, HIGH))
    return UsualDuration(low, middle, high, is_measured=True)


def _quantile(ordered: Sequence[float], part: float) -> float:
    place = part * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def is_reliable(step: Step, took: timedelta, uncertainty: timedelta) -> bool:
    """Return whether one shoot's duration may be used as a sample.

    A change found by polling can have happened at any time since the previous poll. After an outage that is long, and
    the sample would measure the outage instead of the step.
    """
    if took <= timedelta(0) or (step is Step.STUDIO and took > MAX_VISIT):
        return False
    return uncertainty <= took * MAX_UNCERTAINTY
