"""The text of each mail, in the language in force; the layout is in templates/mail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask_babel import gettext as _

from portal.services.notifications import DueNotification, NotificationKind


@dataclass(frozen=True)
class MailText:
    """The text of one mail.

    Attributes:
        title: the subject, and the heading of the HTML part.
        path: page of the portal the button opens; it requires a sign-in.
    """

    title: str
    paragraphs: tuple[str, ...]
    button: str
    path: str


def get_mail_text(notification: DueNotification, *, company: str, studio: str) -> MailText:
    """Return the text of this mail.

    Args:
        notification: for its kind and session.
        company: the name people know their employer by.
        studio: the name of the company that runs the studio.
    """
    return _BY_KIND[notification.kind](notification.session or "–", company, studio)


def _ready(_session: str, company: str, _studio: str) -> MailText:
    return MailText(
        _("Your headshots are ready"),
        (
            _("Your session is finished and all your pictures are here."),
            _("Look at them in peace and choose the one %(company)s will use.", company=company),
        ),
        _("Choose your headshot"),
        "/headshots",
    )


def _link_problem(_session: str, _company: str, _studio: str) -> MailText:
    return MailText(
        _("Your link to the studio no longer works"),
        (
            _("Your photo session cannot be opened at the moment. You have done nothing wrong."),
            _("Whoever looks after the headshots has been told. You need not do anything until you hear from them."),
        ),
        _("See where you stand"),
        "/headshots",
    )


def _credits_back(_session: str, _company: str, _studio: str) -> MailText:
    return MailText(
        _("Your photo session is waiting for you"),
        (
            _("When you were here last, there was no free session. Now there is one, and it is yours."),
            _("You can stop at any time and go on later."),
        ),
        _("Start the session"),
        "/start",
    )


def _link_lost(session: str, _company: str, studio: str) -> MailText:
    return MailText(
        _("The studio link of a session is lost"),
        (
            _("One person cannot enter the studio: the link of their session is missing or cannot be read."),
            _(
                "%(studio)s does not issue a link twice. Ask their support for help with session %(session)s. "
                "The person has been told that you know.",
                studio=studio,
                session=session,
            ),
        ),
        _("See who needs help"),
        "/admin/",
    )


def _out_of_credits(_session: str, _company: str, studio: str) -> MailText:
    return MailText(
        _("There are no sessions left"),
        (
            _("%(studio)s says that all credits are used up. Whoever starts now has to wait.", studio=studio),
            _(
                "As soon as there are credits again, the sessions of those who wait begin by themselves and they get "
                "a mail. You hear about this at most once a day."
            ),
        ),
        _("See who is waiting"),
        "/admin/",
    )


def _link_reported(session: str, _company: str, studio: str) -> MailText:
    return MailText(
        _("Somebody cannot get into the studio"),
        (
            _("One person says that their studio link no longer works. They have been told that you know."),
            _(
                "The console shows what they saw, when, and what to do about session %(session)s at %(studio)s.",
                session=session,
                studio=studio,
            ),
        ),
        _("See what to do"),
        "/admin/links",
    )


def _link_resolved(_session: str, _company: str, _studio: str) -> MailText:
    return MailText(
        _("Please try the photo studio again"),
        (
            _("You told us that your way into the studio did not work. We have seen to it."),
            _("Please try again. If it still does not work, tell us the same way as before."),
        ),
        _("Go to the studio"),
        "/start",
    )


def _stuck(_session: str, _company: str, studio: str) -> MailText:
    return MailText(
        _("Some sessions take longer than usual"),
        (
            _("People are waiting longer for their headshots than is usual, and their pages say that you know."),
            _(
                "If %(studio)s is not having trouble, ask their support about the sessions listed. "
                "You hear about this at most once an hour.",
                studio=studio,
            ),
        ),
        _("See which ones"),
        "/admin/",
    )


_BY_KIND: Mapping[NotificationKind, Callable[[str, str, str], MailText]] = {
    NotificationKind.READY: _ready,
    NotificationKind.LINK_PROBLEM: _link_problem,
    NotificationKind.CREDITS_BACK: _credits_back,
    NotificationKind.LINK_LOST: _link_lost,
    NotificationKind.OUT_OF_CREDITS: _out_of_credits,
    NotificationKind.STUCK: _stuck,
    NotificationKind.LINK_REPORTED: _link_reported,
    NotificationKind.LINK_RESOLVED: _link_resolved,
}
