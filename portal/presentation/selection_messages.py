"""Words of actions on many people: the menu, the confirmation, who is left out and why, and what was done."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from portal.domain.bulk_actions import BulkAction, LeftOut
from portal.presentation.plurals import format_plural as ngettext

# A lookup translates one name, not all of them.
_NAMES: Mapping[BulkAction, LazyString] = MappingProxyType(
    {
        BulkAction.REMIND: _l("Remind by email…"),
        BulkAction.INVITE: _l("Invite…"),
        BulkAction.DUE: _l("Set due date…"),
        BulkAction.TEAM: _l("Move to a team…"),
        BulkAction.MUTE: _l("Mute campaign emails…"),
        BulkAction.UNMUTE: _l("Unmute campaign emails…"),
        BulkAction.EXPORT: _l("Export…"),
        BulkAction.SIGN_OUT: _l("Sign out everywhere…"),
        BulkAction.DELETE: _l("Delete from the roster…"),
    }
)


def get_action_name(action: BulkAction) -> str:
    """Return an action as an entry of the menu."""
    return str(_NAMES[action])


def get_question(action: BulkAction, count: int) -> str:
    """Return the heading of the confirmation."""
    questions: dict[BulkAction, str] = {
        BulkAction.REMIND: ngettext("Remind %(num)s person by email?", "Remind %(num)s people by email?", count),
        BulkAction.INVITE: ngettext("Invite %(num)s person?", "Invite %(num)s people?", count),
        BulkAction.DUE: ngettext("Set the due date of %(num)s person?", "Set the due date of %(num)s people?", count),
        BulkAction.TEAM: ngettext("Move %(num)s person?", "Move %(num)s people?", count),
        BulkAction.MUTE: ngettext(
            "Mute campaign emails to %(num)s person?", "Mute campaign emails to %(num)s people?", count
        ),
        BulkAction.UNMUTE: ngettext(
            "Unmute campaign emails to %(num)s person?", "Unmute campaign emails to %(num)s people?", count
        ),
        BulkAction.EXPORT: ngettext("Export %(num)s headshot?", "Export %(num)s headshots?", count),
        BulkAction.SIGN_OUT: ngettext(
            "Sign out %(num)s person everywhere?", "Sign out %(num)s people everywhere?", count
        ),
        BulkAction.DELETE: ngettext(
            "Delete %(num)s person from the roster?", "Delete %(num)s people from the roster?", count
        ),
    }
    return questions[action]


def list_consequences(action: BulkAction) -> list[str]:
    """Return what happens, a sentence each."""
    consequences: dict[BulkAction, list[str]] = {
        BulkAction.REMIND: [
            _("Each person gets one email with the portal’s link, outside of quiet hours."),
            _("Nobody gets two reminders on one day."),
        ],
        BulkAction.INVITE: [
            _("They join the campaign and get its invitation, outside of quiet hours."),
            _("The campaign’s reminders follow until they’ve chosen a headshot."),
            _("People who signed in without being on the roster are added to it."),
        ],
        BulkAction.DUE: [
            _("This date replaces the campaign’s date for them."),
            _("Reminders of the last days and “overdue” follow it."),
        ],
        BulkAction.TEAM: [
            _("This changes the roster only. The next import can change it again."),
            _("The managers of the new team see how far these people are."),
        ],
        BulkAction.MUTE: [
            _("They get no more invitations or reminders, until you or they unmute them."),
            _("Emails about their own photo session still arrive."),
        ],
        BulkAction.UNMUTE: [
            _("They get invitations and reminders again."),
            _("Some may have muted these emails themselves."),
        ],
        BulkAction.EXPORT: [_("The file is kept for 24 hours. Each download is in the audit trail.")],
        BulkAction.SIGN_OUT: [
            _("Every browser they’re signed in with is signed out at once."),
            _("They can sign in again. Nothing is lost."),
        ],
        BulkAction.DELETE: [
            _("Their place on the roster, waiting mails, notes and lines in stored lists are deleted."),
            _("A list that isn’t checked yet is discarded, since it may name them."),
            _("The audit trail keeps that it was done, without names."),
        ],
    }
    return consequences[action]


def get_button(action: BulkAction, count: int) -> str:
    """Return the words of the button that does it."""
    buttons: dict[BulkAction, str] = {
        BulkAction.REMIND: ngettext("Remind %(num)s person", "Remind %(num)s people", count),
        BulkAction.INVITE: ngettext("Invite %(num)s person", "Invite %(num)s people", count),
        BulkAction.DUE: _("Set due date"),
        BulkAction.TEAM: ngettext("Move %(num)s person", "Move %(num)s people", count),
        BulkAction.MUTE: ngettext("Mute %(num)s person", "Mute %(num)s people", count),
        BulkAction.UNMUTE: ngettext("Unmute %(num)s person", "Unmute %(num)s people", count),
        BulkAction.EXPORT: _("Make export"),
        BulkAction.SIGN_OUT: ngettext("Sign out %(num)s person", "Sign out %(num)s people", count),
        BulkAction.DELETE: ngettext("Delete %(num)s person", "Delete %(num)s people", count),
    }
    return buttons[action]


def get_reason(reason: LeftOut, count: int) -> str:
    """Return how many people are left out for a reason."""
    reasons: dict[LeftOut, str] = {
        LeftOut.LEFT: ngettext("%(num)s has left or is deactivated", "%(num)s have left or are deactivated", count),
        LeftOut.NOT_ON_ROSTER: ngettext("%(num)s isn’t on the roster", "%(num)s aren’t on the roster", count),
        LeftOut.CHOSEN: ngettext("%(num)s has chosen a headshot", "%(num)s have chosen a headshot", count),
        LeftOut.NOT_CHOSEN: ngettext("%(num)s hasn’t chosen a headshot", "%(num)s haven’t chosen a headshot", count),
        LeftOut.NO_AGREEMENT: ngettext(
            "%(num)s hasn’t agreed to the use of the headshot",
            "%(num)s haven’t agreed to the use of the headshot",
            count,
        ),
        LeftOut.NO_CAMPAIGN: ngettext("%(num)s is in no running campaign", "%(num)s are in no running campaign", count),
        LeftOut.IN_CAMPAIGN: ngettext(
            "%(num)s is in this campaign already", "%(num)s are in this campaign already", count
        ),
        LeftOut.OTHER_CAMPAIGN: ngettext("%(num)s is in another campaign", "%(num)s are in another campaign", count),
        LeftOut.NOT_INVITED: ngettext("%(num)s isn’t invited yet", "%(num)s aren’t invited yet", count),
        LeftOut.REMINDED: ngettext(
            "%(num)s has a reminder today already", "%(num)s have a reminder today already", count
        ),
        LeftOut.MUTED: ngettext("%(num)s is muted", "%(num)s are muted", count),
        LeftOut.NOT_MUTED: ngettext("%(num)s isn’t muted", "%(num)s aren’t muted", count),
        LeftOut.BOUNCED: ngettext(
            "%(num)s has an address that refuses mail", "%(num)s have addresses that refuse mail", count
        ),
        LeftOut.SAME_DUE: ngettext("%(num)s has this due date already", "%(num)s have this due date already", count),
        LeftOut.SAME_TEAM: ngettext("%(num)s is on this team already", "%(num)s are on this team already", count),
        LeftOut.SIGNED_OUT: ngettext("%(num)s isn’t signed in", "%(num)s aren’t signed in", count),
        LeftOut.HAS_ACCOUNT: ngettext(
            "%(num)s has an account; erase it on its own page",
            "%(num)s have accounts; erase each on its own page",
            count,
        ),
        LeftOut.SELF: _("You are left out, so that you stay signed in"),
    }
    return reasons[reason]


def get_outcome(action: BulkAction, count: int) -> str:
    """Return what was done, in one sentence."""
    if count == 0:
        return str(_("Nothing changed. It was done already, or applies to nobody you selected."))
    outcomes: dict[BulkAction, str] = {
        BulkAction.REMIND: ngettext("%(num)s person is reminded.", "%(num)s people are reminded.", count),
        BulkAction.INVITE: ngettext("%(num)s person is invited.", "%(num)s people are invited.", count),
        BulkAction.DUE: ngettext(
            "%(num)s person has the new due date.", "%(num)s people have the new due date.", count
        ),
        BulkAction.TEAM: ngettext("%(num)s person was moved.", "%(num)s people were moved.", count),
        BulkAction.MUTE: ngettext("%(num)s person is muted.", "%(num)s people are muted.", count),
        BulkAction.UNMUTE: ngettext("%(num)s person is unmuted.", "%(num)s people are unmuted.", count),
        BulkAction.SIGN_OUT: ngettext(
            "%(num)s person was signed out everywhere.", "%(num)s people were signed out everywhere.", count
        ),
        BulkAction.DELETE: ngettext(
            "%(num)s person was deleted from the roster.", "%(num)s people were deleted from the roster.", count
        ),
    }
    return outcomes[action]
