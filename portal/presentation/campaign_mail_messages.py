"""The texts of campaigns' mails, in the language in force: invitation, reminder and the managers' weekly digest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date

from flask_babel import format_date
from flask_babel import gettext as _

from portal.domain.company_texts import split_paragraphs
from portal.presentation.mail_text import MailText
from portal.services.due_notifications import DueNotification, NotificationKind

# Returns a text block with its placeholders filled in: the company's own, else the built-in one.
BlockReader = Callable[..., str]


def list_default_blocks() -> dict[str, str]:
    """Return the built-in text blocks of campaigns' mails, with placeholders instead of names and dates."""
    company = "{company}"
    return {
        "invitation.title": _("Your new headshot"),
        "invitation.title_due": _("Your new headshot, by %(date)s", date="{date}"),
        "invitation.text": "\n\n".join(
            (
                _("%(company)s invites you to a professional headshot, on your phone or laptop.", company=company),
                _(
                    "You sign in with your work account and read what happens with your photos. "
                    "The pictures are made by AI from them, and you choose the one that’s used."
                ),
            )
        ),
        "invitation.button": _("Get started"),
        "reminder.title": _("Your headshot is waiting"),
        "reminder.title_due": _("Your headshot is due by %(date)s", date="{date}"),
        **_list_reminder_blocks(_("%(company)s uses the picture you choose, and no other.", company=company)),
        "digest.title": _("Your teams’ headshots this week"),
        "digest.text": _("This is how far your teams are. Names and pictures aren’t in this email."),
        "digest.button": _("See my teams"),
    }


def _list_reminder_blocks(last: str) -> dict[str, str]:
    started = _("You started, and there’s a little left to do. Pick up where you left off.")
    new = _("You haven’t started yet. It takes about ten minutes, on your phone or laptop.")
    return {
        "reminder.text_started": f"{started}\n\n{last}",
        "reminder.text_new": f"{new}\n\n{last}",
        "reminder.button_started": _("Continue"),
        "reminder.button_new": _("Get started"),
    }


def _build_invitation(notification: DueNotification, read: BlockReader) -> MailText:
    details = notification.campaign
    due = details.due_on if details else None
    return MailText(
        _read_title("invitation", due, read),
        split_paragraphs(read("invitation.text")),
        read("invitation.button"),
        "/start",
        quote=details.message if details else "",
    )


def _build_invitation_test(notification: DueNotification, read: BlockReader) -> MailText:
    text = _build_invitation(notification, read)
    hint = _("This is a test that only you got. In the invitation itself, a link at the end stops these emails.")
    return replace(text, title=_("Test: %(title)s", title=text.title), paragraphs=(hint, *text.paragraphs))


def _build_reminder(notification: DueNotification, read: BlockReader) -> MailText:
    details = notification.campaign
    state = "started" if details is not None and details.is_signed_in else "new"
    return MailText(
        _read_title("reminder", details.due_on if details else None, read),
        split_paragraphs(read(f"reminder.text_{state}")),
        read(f"reminder.button_{state}"),
        "/start",
    )


def _build_digest(notification: DueNotification, read: BlockReader) -> MailText:
    return MailText(
        read("digest.title"),
        split_paragraphs(read("digest.text")),
        read("digest.button"),
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


def _read_title(kind: str, due: date | None, read: BlockReader) -> str:
    return read(f"{kind}.title_due", date=_format_day(due)) if due else read(f"{kind}.title")


def _format_day(day: date) -> str:
    return str(format_date(day, "long"))


CAMPAIGN_TEXTS: Mapping[NotificationKind, Callable[[DueNotification, BlockReader], MailText]] = {
    NotificationKind.INVITATION: _build_invitation,
    NotificationKind.INVITATION_TEST: _build_invitation_test,
    NotificationKind.REMINDER: _build_reminder,
    NotificationKind.DIGEST: _build_digest,
}
