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
            _("Your photo session is finished, and all your headshots are here."),
            _("Take your time and choose the one %(company)s will use.", company=company),
        ),
        _("Choose your headshot"),
        "/headshots",
    )


def _link_problem(_session: str, _company: str, _studio: str) -> MailText:
    return MailText(
        _("Your studio link stopped working"),
        (
            _("Your photo session can’t be opened right now. You did nothing wrong."),
            _("Your admins know and will get you a new link. You don’t need to do anything."),
        ),
        _("See your status"),
        "/headshots",
    )


def _credits_back(_session: str, _company: str, _studio: str) -> MailText:
    return MailText(
        _("Your photo session is waiting for you"),
        (
            _("Last time, no photo session was free. Now there’s one for you."),
            _("You can stop at any time and pick up where you left off."),
        ),
        _("Open the studio"),
        "/start",
    )


def _link_lost(session: str, _company: str, studio: str) -> MailText:
    return MailText(
        _("A studio link is lost"),
        (
            _("One person can’t enter the studio. The link of their session is missing or can’t be read."),
            _(
                "%(studio)s doesn’t issue a link twice, so ask their support about session %(session)s. "
                "We told the person that you know.",
                studio=studio,
                session=session,
            ),
        ),
        _("See who needs help"),
        "/admin/health",
    )


def _out_of_credits(_session: str, _company: str, studio: str) -> MailText:
    return MailText(
        _("No photo sessions left"),
        (
            _("All credits at %(studio)s are used up, so people who start now have to wait.", studio=studio),
            _("Buy more credits, and their sessions start by themselves. We email you about this at most once a day."),
        ),
        _("See who is waiting"),
        "/admin/health",
    )


def _link_reported(session: str, _company: str, studio: str) -> MailText:
    return MailText(
        _("A person can’t open the studio"),
        (
            _("One person reported that their studio link doesn’t work. We told them that you know."),
            _(
                "The console shows what they saw and what to do about session %(session)s at %(studio)s.",
                session=session,
                studio=studio,
            ),
        ),
        _("See what to do"),
        "/admin/links",
    )


def _start_refused(_session: str, _company: str, studio: str) -> MailText:
    return MailText(
        _("A photo session couldn’t start"),
        (
            _("%(studio)s refused to create a session for one person. We told them that you know.", studio=studio),
            _("Often a session for the same email address already exists there. The console shows what to do."),
        ),
        _("See what to do"),
        "/admin/links",
    )


def _link_resolved(_session: str, _company: str, _studio: str) -> MailText:
    return MailText(
        _("Your photo studio is ready again"),
        (
            _("You couldn’t get into the photo studio. It’s fixed, so open it again."),
            _("If it still doesn’t work, report it the same way as before."),
        ),
        _("Open the studio"),
        "/start",
    )


def _stuck(_session: str, _company: str, studio: str) -> MailText:
    return MailText(
        _("Some photo sessions take longer than usual"),
        (
            _("People are waiting longer than usual for their headshots. Their pages say that you know."),
            _(
                "Ask %(studio)s support about the sessions listed. We email you about this at most once an hour.",
                studio=studio,
            ),
        ),
        _("See which ones"),
        "/admin/health",
    )


_BY_KIND: Mapping[NotificationKind, Callable[[str, str, str], MailText]] = {
    NotificationKind.READY: _ready,
    NotificationKind.LINK_PROBLEM: _link_problem,
    NotificationKind.CREDITS_BACK: _credits_back,
    NotificationKind.LINK_LOST: _link_lost,
    NotificationKind.OUT_OF_CREDITS: _out_of_credits,
    NotificationKind.STUCK: _stuck,
    NotificationKind.LINK_REPORTED: _link_reported,
    NotificationKind.START_REFUSED: _start_refused,
    NotificationKind.LINK_RESOLVED: _link_resolved,
}
