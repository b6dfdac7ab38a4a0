"""Timeline of one shoot: past events, the current step with its usual duration, and upcoming events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from portal.domain import durations, stages
from portal.domain.durations import Step, UsualDuration
from portal.models import shoot_steps
from portal.models.shoot_steps import ShootStep
from portal.models.shoots import Shoot
from portal.services.journey import Journey
from portal.services.progress import Expectations

# With a larger uncertainty than this, in seconds, a time is shown as approximate.
APPROXIMATE_SECONDS = 60


class Event(StrEnum):
    """An event of a shoot, in the usual order."""

    REQUESTED = "requested"
    OPENED = "opened"
    RESTARTED = "restarted"
    RECEIVED = "received"
    STARTED = "started"
    READY = "ready"
    CHOSEN = "chosen"


@dataclass(frozen=True)
class Milestone:
    """A past event; ``is_approximate`` if its time was found by polling."""

    event: Event
    at: datetime
    is_approximate: bool = False


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """The timeline of one shoot.

    Attributes:
        passed: past events, the oldest first.
        upcoming: events expected after the current step.
        step: the running step; None if the person has to act next or the shoot is finished.
        since: when the step started; None if unknown.
        usual: the step's usual duration.
        is_late: the step takes longer than usual, but is not stuck.
        is_stuck: the step takes so long that an operator has to act.
        is_reported: the operators were notified that the shoot is stuck.
        starts_over: the provider has reset the shoot, and it is not ready again.
        tries_again: the provider's attempt failed, and it has started another.
        confirmed_at: when the provider last confirmed the status.
        confirmed_by: how it was confirmed.
    """

    passed: list[Milestone]
    upcoming: list[Event]
    step: Step | None
    since: datetime | None
    usual: UsualDuration | None
    is_late: bool
    is_stuck: bool
    is_reported: bool
    starts_over: bool
    tries_again: bool
    confirmed_at: datetime | None
    confirmed_by: str | None


def build_timeline(journey: Journey, *, expectations: Expectations, now: datetime) -> Timeline | None:
    """Build the timeline of a person's current shoot from our own records; None before the session exists."""
    shoot = journey.shoot
    if shoot is None or shoot.provider_status is None:
        return None
    reached = shoot_steps.get_steps(shoot.id)
    step = durations.find_step(shoot.provider_status)
    since = _since(shoot, reached, step)
    usual = expectations.get_expected(shoot, now)[step] if step else None
    is_stuck = is_overdue(shoot, now)
    return Timeline(
        passed=_list_passed(journey, shoot, reached),
        upcoming=_list_upcoming(step, is_ready=shoot.copied_at is not None, has_choice=journey.choice is not None),
        step=step,
        since=since,
        usual=usual,
        is_late=bool(usual and since and step is not Step.STUDIO and not is_stuck and now - since > usual.high),
        is_stuck=is_stuck,
        is_reported=is_stuck and is_reported(shoot),
        starts_over=shoot.restarted_at is not None and shoot.copied_at is None,
        tries_again=shoot.provider_status == stages.FAILED,
        confirmed_at=shoot.confirmed_at,
        confirmed_by=shoot.confirmed_by,
    )


def is_overdue(shoot: Shoot, now: datetime) -> bool:
    """Return whether the provider takes longer than usual; False while the person has to act."""
    if shoot.provider_status in {None, stages.ONBOARDING} or shoot.copied_at is not None or shoot.problem is not None:
        return False
    return stages.is_stuck(shoot.provider_status, shoot.status_since or shoot.requested_at, now)


def is_reported(shoot: Shoot) -> bool:
    """Return whether the operators were notified that the shoot is stuck in its current status."""
    since = shoot.status_since or shoot.requested_at
    return shoot.stuck_notified_at is not None and shoot.stuck_notified_at >= since


def _since(shoot: Shoot, reached: dict[str, ShootStep], step: Step | None) -> datetime | None:
    if step is Step.STUDIO:
        return shoot.opened_at
    return reached[step].began_at if step in reached else shoot.status_since


def _list_passed(journey: Journey, shoot: Shoot, reached: dict[str, ShootStep]) -> list[Milestone]:
    found = [Milestone(Event.REQUESTED, shoot.requested_at)]
    if shoot.opened_at is not None:
        found.append(Milestone(Event.OPENED, shoot.opened_at))
    if shoot.restarted_at is not None:
        found.append(Milestone(Event.RESTARTED, shoot.restarted_at))
    if (received := reached.get(Step.CHECKING)) is not None:
        found.append(_build_milestone(Event.RECEIVED, received))
    if (started := reached.get(Step.MAKING)) is not None:
        if received is None:
            # The step was shorter than the polling interval: the photos had arrived by then.
            found.append(Milestone(Event.RECEIVED, started.began_at, is_approximate=True))
        found.append(_build_milestone(Event.STARTED, started))
    if shoot.copied_at is not None:
        found.append(Milestone(Event.READY, shoot.copied_at))
    if journey.choice is not None and journey.stage is stages.Stage.CHOSEN:
        found.append(Milestone(Event.CHOSEN, journey.choice.acted_at))
    return sorted(found, key=lambda each: (each.at, list(Event).index(each.event)))


def _build_milestone(event: Event, reached: ShootStep) -> Milestone:
    return Milestone(
        event, reached.began_at, is_approximate=reached.uncertainty is None or reached.uncertainty > APPROXIMATE_SECONDS
    )


def _list_upcoming(step: Step | None, *, is_ready: bool, has_choice: bool) -> list[Event]:
    if is_ready:
        return [] if has_choice else [Event.CHOSEN]
    ahead = {Step.STUDIO: [Event.RECEIVED, Event.STARTED], Step.CHECKING: [Event.STARTED]}.get(step or Step.MAKING, [])
    return [*ahead, Event.READY, Event.CHOSEN]
