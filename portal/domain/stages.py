"""Stages of a person's journey, derived from facts by one pure function."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Stage(StrEnum):
    """The stage a person's page shows. Derived, never stored."""

    NOT_STARTED = "not_started"
    CONSENT_GIVEN = "consent_given"
    IN_STUDIO = "in_studio"
    PHOTOS_RECEIVED = "photos_received"
    IN_PROGRESS = "in_progress"
    READY = "ready"
    CHOSEN = "chosen"
    PROBLEM = "problem"
    DELETED = "deleted"
    WITHDRAWN = "withdrawn"


class Problem(StrEnum):
    """Why a shoot needs help to continue. Each has its own message and next step."""

    LINK_LOST = "link_lost"
    NO_CREDITS = "no_credits"
    REFUSED = "refused"
    ADDRESS_TAKEN = "address_taken"
    NO_PHOTOS = "no_photos"
    NOT_CHOSEN = "not_chosen"


# The provider's statuses. Unknown ones are shown as in progress, because new ones are added without announcement.
ONBOARDING = "onboarding"
WAITING = "waiting"
ACTIVE = "active"
FAILED = "failed"
DELETED = "deleted"
KNOWN_STATUSES = frozenset({ONBOARDING, WAITING, "pending", "generatingHeadshots", ACTIVE, FAILED, DELETED})

# After this time in a status a shoot counts as stuck; statuses that are not listed have MAX_PROCESSING. The database
# has these limits, too (derive_late_at).
MAX_DURATIONS = {ONBOARDING: timedelta(days=7), WAITING: timedelta(hours=4), ACTIVE: timedelta(hours=1)}
MAX_PROCESSING = timedelta(hours=6)
MAX_CREATION = timedelta(minutes=15)

# The steps drawn as a rail at the top of a person's page, in order.
RAIL = ("agree", "photos", "progress", "choose", "done")


@dataclass(frozen=True, kw_only=True)
class ShootFacts:
    """Facts about one shoot.

    Attributes:
        provider_status: the newest status from the provider, None before the session exists.
        copied_at: when all photos of the finished shoot were in our storage, None until then.
        problem: why the shoot needs help to continue, None if it does not.
        has_link: the studio link is known.
    """

    provider_status: str | None
    copied_at: datetime | None = None
    problem: Problem | None = None
    has_link: bool = True


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything :func:`derive_stage` reads.

    Attributes:
        shoot: the person's latest shoot, None before the first.
        has_choice: a photo of this shoot is chosen, or one was chosen since the shoot finished.
        has_other_choice: an own photo, or one of an earlier shoot, was chosen since this shoot was requested.
        has_withdrawn: everything agreed to was withdrawn, and nothing was agreed to since.
    """

    has_consent: bool
    shoot: ShootFacts | None = None
    has_choice: bool = False
    has_other_choice: bool = False
    has_withdrawn: bool = False


# While the provider works, and when it has just finished, a choice of another photo does not hide the stage.
_STUDIO_WORKS = frozenset({Stage.PHOTOS_RECEIVED, Stage.IN_PROGRESS, Stage.READY})


def derive_stage(facts: Facts) -> Stage:
    """Return the stage a person is in.

    The provider may reset a finished shoot to its first status, so statuses are never ranked: the newest one decides,
    and an earlier choice does not hide that a new session is running.
    """
    if facts.has_withdrawn:
        # The studio does nothing more; a headshot that was chosen and kept, or chosen since, is in use.
        return Stage.CHOSEN if facts.has_choice or facts.has_other_choice else Stage.WITHDRAWN
    stage = _derive_shoot_stage(facts)
    return Stage.CHOSEN if facts.has_other_choice and stage not in _STUDIO_WORKS else stage


def _derive_shoot_stage(facts: Facts) -> Stage:
    shoot = facts.shoot
    if shoot is None:
        return Stage.CONSENT_GIVEN if facts.has_consent else Stage.NOT_STARTED
    if shoot.provider_status == DELETED:
        return Stage.DELETED
    if shoot.problem is not None:
        return Stage.PROBLEM
    if shoot.provider_status in {None, ONBOARDING} and not facts.has_consent:
        # Consent was withdrawn or the text has changed: nothing new leaves the portal before the person agrees again.
        return Stage.NOT_STARTED
    if shoot.provider_status is None:
        return Stage.CONSENT_GIVEN
    if shoot.provider_status == ONBOARDING:
        return Stage.IN_STUDIO if shoot.has_link else Stage.PROBLEM
    if shoot.provider_status == WAITING:
        return Stage.PHOTOS_RECEIVED
    if shoot.provider_status == ACTIVE and shoot.copied_at is not None:
        return Stage.CHOSEN if facts.has_choice else Stage.READY
    return Stage.IN_PROGRESS


def build_choice_facts(
    chosen_at: datetime, *, is_of_shoot: bool, requested_at: datetime | None, copied_at: datetime | None
) -> dict[str, bool]:
    """Build the two facts about a person's current choice that :class:`Facts` holds.

    Args:
        chosen_at: when the choice was made.
        is_of_shoot: the chosen photo is of the latest shoot.
        requested_at: when the latest shoot was requested, None before the first.
        copied_at: when the latest shoot's photos were all stored, None until then.
    """
    return {
        "has_choice": is_of_shoot or (copied_at is not None and chosen_at >= copied_at),
        "has_other_choice": not is_of_shoot and (requested_at is None or chosen_at >= requested_at),
    }


def get_rail_position(stage: Stage) -> int:
    """Return the index of the person's step in :data:`RAIL`."""
    return {
        Stage.NOT_STARTED: 0,
        Stage.CONSENT_GIVEN: 1,
        Stage.IN_STUDIO: 1,
        Stage.PROBLEM: 1,
        Stage.DELETED: 0,
        Stage.WITHDRAWN: 0,
        Stage.PHOTOS_RECEIVED: 2,
        Stage.IN_PROGRESS: 2,
        Stage.READY: 3,
        Stage.CHOSEN: 4,
    }[stage]


def is_stuck(status: str | None, since: datetime, now: datetime) -> bool:
    """Return whether a shoot that is not finished has been in its status longer than usual.

    Args:
        status: the provider's status, None while the session is being created.
        since: when it changed to this status.
        now: the present, UTC.
    """
    if status == DELETED:
        return False
    max_duration = MAX_CREATION if status is None else MAX_DURATIONS.get(status, MAX_PROCESSING)
    return now - since > max_duration
