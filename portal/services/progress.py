"""Progress of shoots: record when each step was reached, measure its duration, and return usual durations."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from portal.domain import durations
from portal.domain.durations import DEFAULTS, DEVELOPMENT_DEFAULTS, ORDER, Step, UsualDuration
from portal.domain.stages import ACTIVE
from portal.models import shoot_steps
from portal.models.shoots import Shoot

# The measured durations are read once in this interval, by every process at the same multiples of it, so that all
# processes show the same figures.
READ_EVERY = timedelta(minutes=10)


def record_step(
    shoot: Shoot, before: str | None, *, at: datetime, uncertainty: timedelta | None, now: datetime
) -> None:
    """Record, in the caller's transaction, that a shoot has changed from the status ``before`` to its current one.

    Args:
        shoot: locked by the caller, already in its new status.
        before: the provider's previous status.
        at: when the status changed.
        uncertainty: by how much the change may have been earlier; None if unknown.
        now: the present, UTC.
    """
    left, entered = durations.find_step(before), durations.find_step(shoot.provider_status)
    if left is entered:
        return
    if left is not None and _is_next(left, entered, shoot):
        _store_duration(shoot, left, at=at, uncertainty=uncertainty, now=now)
    if entered is not None:
        later = ORDER[ORDER.index(entered) + 1 :]
        shoot_steps.store_step(
            shoot.id,
            entered,
            at=at,
            uncertainty=None if uncertainty is None else uncertainty.total_seconds(),
            drop=later,
        )


def is_step_back(before: str | None, after: str | None) -> bool:
    """Return whether the provider has reset a shoot to an earlier step."""
    left, entered = durations.find_step(before), durations.find_step(after)
    return left is not None and entered is not None and ORDER.index(entered) < ORDER.index(left)


def _is_next(left: Step, entered: Step | None, shoot: Shoot) -> bool:
    """Return whether one step follows the other directly; after a skipped step no duration is known."""
    if left is Step.MAKING:
        return shoot.provider_status == ACTIVE
    return entered is ORDER[ORDER.index(left) + 1]


def _store_duration(shoot: Shoot, left: Step, *, at: datetime, uncertainty: timedelta | None, now: datetime) -> None:
    entered = shoot_steps.get_steps(shoot.id).get(left)
    if entered is None or entered.uncertainty is None or uncertainty is None:
        return
    began_at, unknown = entered.began_at, uncertainty + timedelta(seconds=entered.uncertainty)
    if left is Step.STUDIO:
        # The session exists from the first press; the person's work starts when they open the studio.
        if shoot.opened_at is None or shoot.restarted_at is not None:
            return
        began_at, unknown = shoot.opened_at, uncertainty
    if durations.is_reliable(left, at - began_at, unknown):
        seconds = (at - began_at).total_seconds()
        shoot_steps.create_duration(left, is_development=shoot.is_development, seconds=seconds, now=now)


class Expectations:
    """Usual durations, cached in the process, so that every page can read them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cached: dict[bool, tuple[datetime, Mapping[Step, UsualDuration]]] = {}

    def get_expected(self, shoot: Shoot, now: datetime) -> Mapping[Step, UsualDuration]:
        """Return the usual duration of each step of a shoot."""
        read_at = now - (now - datetime.min.replace(tzinfo=UTC)) % READ_EVERY
        with self._lock:
            cached = self._cached.get(shoot.is_development)
        if cached is not None and cached[0] == read_at:
            return cached[1]
        found = _read(read_at, is_development=shoot.is_development)
        with self._lock:
            self._cached[shoot.is_development] = (read_at, found)
        return found


def _read(before: datetime, *, is_development: bool) -> Mapping[Step, UsualDuration]:
    samples = shoot_steps.list_latest_durations(before, is_development=is_development, limit=durations.SAMPLE_SIZE)
    defaults = DEVELOPMENT_DEFAULTS if is_development else DEFAULTS
    return {step: durations.compute_usual(samples.get(step, []), defaults[step]) for step in Step}
