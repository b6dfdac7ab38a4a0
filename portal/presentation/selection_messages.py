"""Words of actions on many people: the buttons, and what was done."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import ngettext

from portal.services.people_selection import SelectionOutcome


def get_action_name(action: str) -> str:
    """Return the words of an action's button."""
    names: dict[str, str] = {"remind": _("Remind by email"), "sign_out": _("Sign out everywhere")}
    return names[action]


def describe_outcome(outcome: SelectionOutcome) -> str:
    """Return what an action did in one sentence."""
    if outcome.selected == 0:
        return str(_("Nobody was selected. Tick the people first."))
    messages: dict[str, str] = {
        "remind": _describe_reminders(outcome),
        "sign_out": ngettext(
            "%(num)s person was signed out everywhere.", "%(num)s people were signed out everywhere.", outcome.changed
        ),
    }
    return messages[outcome.action]


def _describe_reminders(outcome: SelectionOutcome) -> str:
    if outcome.changed == 0:
        return str(_("Nobody was reminded. They chose already, were reminded today, or are in no running campaign."))
    return str(ngettext("%(num)s person is reminded.", "%(num)s people are reminded.", outcome.changed))
