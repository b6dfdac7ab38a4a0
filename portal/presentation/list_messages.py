"""Texts of the console's list of people: stages, steps, and columns."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import pgettext

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


def get_stage_name(stage: str) -> str:
    """Return a stage as an entry of a list."""
    names: dict[str, str] = {
        NOT_SIGNED_IN: _("Not signed in"),
        Stage.NOT_STARTED: _("Signed in"),
        Stage.CONSENT_GIVEN: pgettext("stage", "Agreed"),
        Stage.IN_STUDIO: _("In the studio"),
        Stage.PHOTOS_RECEIVED: _("Photos in"),
        Stage.IN_PROGRESS: _("In progress"),
        Stage.READY: _("Ready"),
        Stage.CHOSEN: _("Chosen"),
        Stage.PROBLEM: _("Needs help"),
        Stage.DELETED: _("Deleted"),
        Stage.WITHDRAWN: _("Withdrew"),
        STUCK: _("Longer than usual"),
    }
    return names[stage]


def get_step_name(step: Step) -> str:
    """Return a step of the funnel."""
    names: dict[Step, str] = {
        Step.INVITED: _("Invited"),
        Step.SIGNED_IN: _("Signed in"),
        Step.AGREED: pgettext("stage", "Agreed"),
        Step.PHOTOS_IN: _("Photos in"),
        Step.READY: _("Ready"),
        Step.CHOSEN: _("Chosen"),
    }
    return names[step]


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
    names: dict[str, str] = {"overdue": _("Overdue"), "week": _("Within a week"), "none": _("No due date")}
    return names[due]


def get_column_name(column: str) -> str:
    """Return the heading of a column."""
    names: dict[str, str] = {
        "email": _("Address"),
        "number": _("Employee number"),
        "team": _("Team"),
        "since": _("Since"),
        "due": _("Due"),
        "attention": _("Attention"),
        "reminded": _("Reminded"),
    }
    return names[column]
