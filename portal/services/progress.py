"""Progress: keeping when a shoot reached each step, learning how long steps take, and what to expect of the next."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from portal.domain import durations
from portal.domain.durations import DEFAULTS, DEVELOPMENT_DEFAULTS, ORDER, Step, UsualDuration
from portal.domain.stages import ACTIVE
from portal.models import shoot_steps
from portal.models.shoots import Shoot

# What was learned is read once in so long, and by every process at the same strokes of the clock, so that
# all of them say the same.
READ_EVERY = timedelta(minutes=10)


def record_step(
    shoot: Shoot, before: str | None, *, at: datetime, uncertainty: timedelta | None, now: datetime
) -> None:
    """Keep, in the caller's transaction, that a shoot has just left the status ``before`` for its present one.

    Args:
        shoot: locked by the caller, in its new status already.
        before: the provider's word until now.
        at: when it changed.
        doubt: by how much it may have been earlier; None when nobody knows.
        now: the present, UTC.
    """
    left, entered = durations.find_step(before), durations.find_step(shoot.provider_status)
    if left is entered:
        return
    if left is not None and _is_next(left, entered, shoot):
        _store_duration(shoot, left, at=at, doubt=uncertainty, now=now)
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
    """Return whether the provider has sent a shoot back to an earlier step."""
    left, entered = durations.find_step(before), durations.find_step(after)
    return left is not None and entered is not None and ORDER.index(entered) < ORDER.index(left)


def _is_next(left: Step, entered: Step | None, shoot: Shoot) -> bool:
    """Whether one step follows the other as it should; after a jump nobody knows how long each of them took."""
    if left is Step.MAKING:
        return shoot.provider_status == ACTIVE
    return entered is ORDER[ORDER.index(left) + 1]


def _store_duration(shoot: Shoot, left: Step, *, at: datetime, doubt: timedelta | None, now: datetime) -> None:
    begun = shoot_steps.get_steps(shoot.id).get(left)
    if begun is None or begun.uncertainty is None or doubt is None:
        return
    began_at, unknown = begun.began_at, doubt + timedelta(seconds=begun.uncertainty)
    if left is Step.STUDIO:
        # The session exists from the first press; the person's work begins when they open the studio.
        if shoot.opened_at is None or shoot.restarted_at is not None:
            return
        began_at, unknown = shoot.opened_at, doubt
    if durations.is_reliable(left, at - began_at, unknown):
        seconds = (at - began_at).total_seconds()
        shoot_steps.create_duration(left, is_development=shoot.is_development, seconds=seconds, now=now)


class Expectations:
    """What a process knows of how long steps take; cheap to ask for every page."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[bool, tuple[datetime, Mapping[Step, UsualDuration]]] = {}

    def get_expected(self, shoot: Shoot, now: datetime) -> Mapping[Step, UsualDuration]:
        """Return what to expect of a shoot like this one."""
        stroke = now - (now - datetime.min.replace(tzinfo=UTC)) % READ_EVERY
        with self._lock:
            known = self._known.get(shoot.is_development)
        if known is not None and known[0] == stroke:
            return known[1]
        found = _read(stroke, is_development=shoot.is_development)
        with self._lock:
            self._known[shoot.is_development] = (stroke, found)
        return found


def _read(before: datetime, *, is_development: bool) -> Mapping[Step, UsualDuration]:
    samples = shoot_steps.list_latest_durations(before, is_development=is_development, limit=durations.SAMPLE_SIZE)
    start = DEVELOPMENT_DEFAULTS if is_development else DEFAULTS
    return {step: durations.compute_usual(samples.get(step, []), start[step]) for step in Step}
