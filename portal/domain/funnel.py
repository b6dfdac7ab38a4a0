"""The steps of a campaign's funnel, and the stage in which a person stands at each."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from portal.domain.stages import Stage

# The stage of a roster entry without a sign-in; a person's own stage is never this.
NOT_SIGNED_IN = "not_signed_in"


class Step(StrEnum):
    """How far a person has come, in this order."""

    INVITED = "invited"
    SIGNED_IN = "signed_in"
    AGREED = "agreed"
    PHOTOS_IN = "photos_in"
    READY = "ready"
    CHOSEN = "chosen"


STEPS = tuple(Step)
STEP_OF_STAGE: Mapping[str, Step] = MappingProxyType(
    {
        NOT_SIGNED_IN: Step.INVITED,
        Stage.NOT_STARTED: Step.SIGNED_IN,
        Stage.WITHDRAWN: Step.SIGNED_IN,
        Stage.CONSENT_GIVEN: Step.AGREED,
        Stage.IN_STUDIO: Step.AGREED,
        Stage.PROBLEM: Step.AGREED,
        Stage.DELETED: Step.AGREED,
        Stage.PHOTOS_RECEIVED: Step.PHOTOS_IN,
        Stage.IN_PROGRESS: Step.PHOTOS_IN,
        Stage.READY: Step.READY,
        Stage.CHOSEN: Step.CHOSEN,
    }
)


def list_stages_at(step: Step) -> list[str]:
    """List the stages of people who stand at this step."""
    return [stage for stage, at in STEP_OF_STAGE.items() if at is step]


def list_stages_from(step: Step) -> list[str]:
    """List the stages of people who stand at this step or further."""
    return [stage for stage, at in STEP_OF_STAGE.items() if STEPS.index(at) >= STEPS.index(step)]
