"""Texts of the console's list of people: stages, steps, and columns."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext as _lp
from flask_babel.speaklater import LazyString

from portal.domain.funnel import NOT_SIGNED_IN, Step
from portal.domain.stages import Stage
from portal.models.people_list import STUCK

# The status mark of each stage; see templates/components/marks.html.
STAGE_MARKS = {
    NOT_SIGNED_IN: "none",
    Stage.NOT_STARTED: "in",
    Stage.CONSENT_GIVEN: "agreed",
    Stage.IN_STUDIO: "studio",
    Stage.PHOTOS_RECEIVED: "photos",
    Stage.IN_PROGRESS: "making",
    Stage.READY: "ready",
    Stage.CHOSEN: "chosen",
    Stage.PROBLEM: "bad",
    Stage.DELETED: "off",
    Stage.WITHDRAWN: "off",
}

# Looked up for each row of a list, so that a lookup translates one.
_STAGE_NAMES: Mapping[str, LazyString] = MappingProxyType(
    {
        NOT_SIGNED_IN: _l("Not signed in"),
        Stage.NOT_STARTED: _l("Signed in"),
        Stage.CONSENT_GIVEN: _lp("stage", "Agreed"),
        Stage.IN_STUDIO: _l("In the studio"),
        Stage.PHOTOS_RECEIVED: _l("Photos in"),
        Stage.IN_PROGRESS: _l("In progress"),
        Stage.READY: _l("Ready"),
        Stage.CHOSEN: _l("Chosen"),
        Stage.PROBLEM: _l("Needs help"),
        Stage.DELETED: _l("Deleted"),
        Stage.WITHDRAWN: _l("Withdrew"),
        STUCK: _l("Longer than usual"),
    }
)
_STEP_NAMES: Mapping[Step, LazyString] = MappingProxyType(
    {
        Step.INVITED: _l("Invited"),
        Step.SIGNED_IN: _l("Signed in"),
        Step.AGREED: _lp("stage", "Agreed"),
        Step.PHOTOS_IN: _l("Photos in"),
        Step.READY: _l("Ready"),
        Step.CHOSEN: _l("Chosen"),
    }
)
_DUE_NAMES: Mapping[str, LazyString] = MappingProxyType(
    {
        "overdue": _l("Overdue"),
        "week": _l("Within a week"),
        "none": _l("No due date"),
    }
)
_COLUMN_NAMES: Mapping[str, LazyString] = MappingProxyType(
    {
        "email": _l("Address"),
        "number": _l("Employee number"),
        "team": _l("Team"),
        "since": _l("Since"),
        "due": _l("Due"),
        "attention": _l("Attention"),
        "reminded": _l("Reminded"),
    }
)


def get_stage_name(stage: str) -> str:
    """Return a stage as an entry of a list."""
    return str(_STAGE_NAMES[stage])


def get_step_name(step: Step) -> str:
    """Return a step of the funnel."""
    return str(_STEP_NAMES[step])


def get_remaining_message(step: Step, count: str) -> str:
    """Return what people who stand at a step have not done yet; ``count`` is their formatted number."""
    messages: dict[Step, str] = {
        Step.INVITED: _("%(count)s not signed in", count=count),
        Step.SIGNED_IN: _("%(count)s not agreed", count=count),
        Step.AGREED: _("%(count)s no photos yet", count=count),
        Step.PHOTOS_IN: _("%(count)s being made", count=count),
        Step.READY: _("%(count)s choosing", count=count),
    }
    return messages[step]


def get_at_message(step: str) -> str:
    """Return the chip of a filter for people who stand at a step."""
    return str(_("Now at “%(step)s”", step=get_step_name(Step(step))))


def get_reached_message(step: str) -> str:
    """Return the chip of a filter for people who came to a step or further."""
    return str(_("Reached “%(step)s”", step=get_step_name(Step(step))))


def get_due_name(due: str) -> str:
    """Return a choice of the due-date filter."""
    return str(_DUE_NAMES[due])


def get_column_name(column: str) -> str:
    """Return the heading of a column."""
    return str(_COLUMN_NAMES[column])
