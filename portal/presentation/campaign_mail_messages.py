"""The texts of campaigns' mails, in the language in force: invitation, reminder and the managers' weekly digest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date

from flask_babel import format_date
from flask_babel import gettext as _

from portal.presentation.mail_text import MailText
from portal.services.due_notifications import DueNotification, NotificationKind


def _invitation(notification: DueNotification, company: str) -> MailText:
    details = notification.campaign
    due = details.due_on if details else None
    return MailText(
        _("Your new headshot, by %(date)s", date=_format_day(due)) if due else _("Your new headshot"),
        (
            _("%(company)s invites you to a professional headshot, on your phone or laptop.", company=company),
            _(
                "You sign in with your work account and read what happens with your photos. "
                "The pictures are made by AI from them, and you choose the one that’s used."
            ),
        ),
        _("Get started"),
        "/start",
        quote=details.message if details else "",
    )


def _invitation_test(notification: DueNotification, company: str) -> MailText:
    text = _invitation(notification, company)
    hint = _("This is a test that only you got. In the invitation itself, a link at the end stops these emails.")
    return replace(text, title=_("Test: %(title)s", title=text.title), paragraphs=(hint, *text.paragraphs))


def _reminder(notification: DueNotification, company: str) -> MailText:
    details = notification.campaign
    due = details.due_on if details else None
    is_signed_in = details is not None and details.is_signed_in
    return MailText(
        _("Your headshot is due by %(date)s", date=_format_day(due)) if due else _("Your headshot is waiting"),
        (
            _("You started, and there’s a little left to do. Pick up where you left off.")
            if is_signed_in
            else _("You haven’t started yet. It takes about ten minutes, on your phone or laptop."),
            _("%(company)s uses the picture you choose, and no other.", company=company),
        ),
        _("Continue") if is_signed_in else _("Get started"),
        "/start",
    )


def _digest(notification: DueNotification, _company: str) -> MailText:
    return MailText(
        _("Your teams’ headshots this week"),
        (_("This is how far your teams are. Names and pictures aren’t in this email."),),
        _("See my teams"),
        "/team",
        table=tuple(
            (
                each.team,
                _(
                    "%(chosen)s of %(people)s chosen, %(signed_in)s signed in",
                    chosen=each.chosen,
                    people=each.people,
                    signed_in=each.signed_in,
                ),
            )
            for each in notification.teams
        ),
    )


def _format_day(day: date) -> str:
    return str(format_date(day, "long"))


CAMPAIGN_TEXTS: Mapping[NotificationKind, Callable[[DueNotification, str], MailText]] = {
    NotificationKind.INVITATION: _invitation,
    NotificationKind.INVITATION_TEST: _invitation_test,
    NotificationKind.REMINDER: _reminder,
    NotificationKind.DIGEST: _digest,
}
