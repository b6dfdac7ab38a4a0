"""Where a person is on the way to a headshot, derived from facts by one pure function."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Stage(StrEnum):
    """What the person is told. Never stored: always derived."""

    NOT_STARTED = "not_started"
    CONSENT_GIVEN = "consent_given"
    IN_STUDIO = "in_studio"
    PHOTOS_RECEIVED = "photos_received"
    IN_PROGRESS = "in_progress"
    READY = "ready"
    CHOSEN = "chosen"
    PROBLEM = "problem"
    DELETED = "deleted"


class Problem(StrEnum):
    """Why a shoot cannot go on by itself. Each has its own sentence and next step."""

    LINK_LOST = "link_lost"
    NO_CREDITS = "no_credits"
    REFUSED = "refused"
    ADDRESS_TAKEN = "address_taken"
    NO_PHOTOS = "no_photos"
    NOT_CHOSEN = "not_chosen"


# The provider's words. Anything else is shown as work going on, because new words are added without notice.
ONBOARDING = "onboarding"
WAITING = "waiting"
ACTIVE = "active"
FAILED = "failed"
DELETED = "deleted"
KNOWN_STATUSES = frozenset({ONBOARDING, WAITING, "pending", "generatingHeadshots", ACTIVE, FAILED, DELETED})

# How long a shoot may stay in a status before somebody should look; everything not named is work going on.
MAX_DURATIONS = {ONBOARDING: timedelta(days=7), WAITING: timedelta(hours=4), ACTIVE: timedelta(hours=1)}
MAX_PROCESSING = timedelta(hours=6)
MAX_CREATION = timedelta(minutes=15)

# The steps drawn as a rail at the top of a person's page, in order.
RAIL = ("agree", "photos", "progress", "choose", "done")


@dataclass(frozen=True, kw_only=True)
class ShootFacts:
    """What is known of one shoot.

    Attributes:
        provider_status: the newest status the provider has told, None before the session exists.
        copied_at: when every photo of the finished shoot was in our storage, None until then.
        problem: why it cannot go on without somebody's help, None when it can.
    """

    provider_status: str | None
    copied_at: datetime | None = None
    problem: Problem | None = None
    has_link: bool = True


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything :func:`derive` reads.

    Attributes:
        shoot: the person's latest shoot, None before the first.
        has_choice: a photo of this shoot is chosen, or one was chosen since the shoot finished.
        has_other_choice: an own photo, or one of an earlier shoot, was chosen since this shoot was requested.
    """

    has_consent: bool
    shoot: ShootFacts | None = None
    has_choice: bool = False
    has_other_choice: bool = False


# While the studio works, and when it has just finished, a choice made elsewhere does not hide the news.
_STUDIO_WORKS = frozenset({Stage.PHOTOS_RECEIVED, Stage.IN_PROGRESS, Stage.READY})


def derive_stage(facts: Facts) -> Stage:
    """Return the stage a person is in.

    The provider may send a finished shoot back to its beginning, so nothing here compares ranks: the
    newest status decides, and a choice made earlier does not hide that a new session is running.
    """
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
        # Withdrawn, or the text has changed: nothing new leaves the portal before the person agrees again.
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


def compare_choice(
    chosen_at: datetime, *, is_of_shoot: bool, requested_at: datetime | None, copied_at: datetime | None
) -> dict[str, bool]:
    """Return the two facts about a person's current choice that :class:`Facts` holds.

    Args:
        chosen_at: when it was made.
        is_of_shoot: the chosen photo is of the latest shoot.
        requested_at: when the latest shoot was requested, None before the first.
        copied_at: when the latest shoot's photos were all stored, None until then.
    """
    return {
        "has_choice": is_of_shoot or (copied_at is not None and chosen_at >= copied_at),
        "has_other_choice": not is_of_shoot and (requested_at is None or chosen_at >= requested_at),
    }


def get_rail_position(stage: Stage) -> int:
    """Return the index in :data:`RAIL` of the step the person is on."""
    return {
        Stage.NOT_STARTED: 0,
        Stage.CONSENT_GIVEN: 1,
        Stage.IN_STUDIO: 1,
        Stage.PROBLEM: 1,
        Stage.DELETED: 0,
        Stage.PHOTOS_RECEIVED: 2,
        Stage.IN_PROGRESS: 2,
        Stage.READY: 3,
        Stage.CHOSEN: 4,
    }[stage]


def is_stuck(status: str | None, since: datetime, now: datetime) -> bool:
    """Return whether a shoot that is not finished has been in its status longer than usual.

    Args:
        status: the provider's word, None while the session is being created.
        since: when it got there.
        now: the present, UTC.
    """
    if status == DELETED:
        return False
    longest = MAX_CREATION if status is None else MAX_DURATIONS.get(status, MAX_PROCESSING)
    return now - since > longest
