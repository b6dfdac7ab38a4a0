"""The texts of all e-mails, in the current language; their layout is in templates/mail."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import get_locale
from flask_babel import lazy_gettext as _l

from portal.domain.company_texts import BUILT_IN, PublishedTexts, TextSection, replace_placeholders, split_paragraphs
from portal.presentation import campaign_mail_messages
from portal.presentation.campaign_mail_messages import CAMPAIGN_TEXTS
from portal.presentation.mail_text import MailText
from portal.services.due_notifications import DueNotification, NotificationKind

_TEXTS: Mapping[NotificationKind, MailText] = {
    NotificationKind.READY: MailText(
        _l("Your headshots are ready"),
        (
            _l("Your photo session is finished, and all your headshots are here."),
            _l("Take your time and choose the one %(company)s will use."),
        ),
        _l("Choose your headshot"),
        "/headshots",
    ),
    NotificationKind.LINK_PROBLEM: MailText(
        _l("Your studio link stopped working"),
        (
            _l("Your photo session can’t be opened right now. You did nothing wrong."),
            _l("Your admins know and will get you a new link. You don’t need to do anything."),
        ),
        _l("See your status"),
        "/headshots",
    ),
    NotificationKind.CREDITS_BACK: MailText(
        _l("Your photo session is waiting for you"),
        (
            _l("Last time, no photo session was free. Now there’s one for you."),
            _l("You can stop at any time and pick up where you left off."),
        ),
        _l("Open the studio"),
        "/start",
    ),
    NotificationKind.LINK_LOST: MailText(
        _l("A studio link is lost"),
        (
            _l("One person can’t enter the studio. The link of their session is missing or can’t be read."),
            _l(
                "%(studio)s doesn’t issue a link twice, so ask their support about session %(session)s. "
                "We told the person that you know.",
            ),
        ),
        _l("See who needs help"),
        "/admin/health",
    ),
    NotificationKind.OUT_OF_CREDITS: MailText(
        _l("No photo sessions left"),
        (
            _l("All credits at %(studio)s are used up, so people who start now have to wait."),
            _l("Buy more credits, and their sessions start by themselves. We email you about this at most once a day."),
        ),
        _l("See who is waiting"),
        "/admin/health",
    ),
    NotificationKind.LOW_CREDITS: MailText(
        _l("Photo sessions are running out"),
        (
            _l("Few credits are left at %(studio)s. Once they’re used up, people who start have to wait."),
            _l("The account page shows how long they last. We email you about this once, until you buy more."),
        ),
        _l("See the credits"),
        "/admin/account",
    ),
    NotificationKind.STUCK: MailText(
        _l("Some photo sessions take longer than usual"),
        (
            _l("People are waiting longer than usual for their headshots. Their pages say that you know."),
            _l(
                "Ask %(studio)s support about the sessions listed. We email you about this at most once an hour.",
            ),
        ),
        _l("See which ones"),
        "/admin/health",
    ),
    NotificationKind.LINK_REPORTED: MailText(
        _l("A person can’t open the studio"),
        (
            _l("One person reported that their studio link doesn’t work. We told them that you know."),
            _l(
                "The console shows what they saw and what to do about session %(session)s at %(studio)s.",
            ),
        ),
        _l("See what to do"),
        "/admin/links",
    ),
    NotificationKind.START_REFUSED: MailText(
        _l("A photo session couldn’t start"),
        (
            _l("%(studio)s refused to create a session for one person. We told them that you know."),
            _l("Often a session for the same email address already exists there. The console shows what to do."),
        ),
        _l("See what to do"),
        "/admin/links",
    ),
    NotificationKind.LINK_RESOLVED: MailText(
        _l("Your photo studio is ready again"),
        (
            _l("You couldn’t get into the photo studio. It’s fixed, so open it again."),
            _l("If it still doesn’t work, report it the same way as before."),
        ),
        _l("Open the studio"),
        "/start",
    ),
}


# The company can write its own words for these; the others are for operators.
_OWN_TEXTS = (
    NotificationKind.READY,
    NotificationKind.LINK_PROBLEM,
    NotificationKind.LINK_RESOLVED,
    NotificationKind.CREDITS_BACK,
)


def list_default_blocks() -> dict[str, str]:
    """Return the built-in text blocks of the mails a company can word itself, in the language in force."""
    blocks = {}
    for kind in _OWN_TEXTS:
        text = _TEXTS[kind]
        names = {"company": "{company}", "studio": "{studio}"}
        blocks[f"{kind}.title"] = str(text.title)
        blocks[f"{kind}.text"] = "\n\n".join(str(paragraph) % names for paragraph in text.paragraphs)
        blocks[f"{kind}.button"] = str(text.button)
    return blocks | campaign_mail_messages.list_default_blocks()


def get_mail_text(
    notification: DueNotification, *, company: str, studio: str, texts: PublishedTexts = BUILT_IN
) -> MailText:
    """Return the text of an e-mail with its names filled in, in the language in force.

    Args:
        notification: the notification, for its kind and session.
        company: the name under which people know their employer.
        studio: the name of the company that runs the studio.
        texts: the company's own texts.
    """
    blocks = {**list_default_blocks(), **texts.get_texts(TextSection.MAILS, str(get_locale() or "en"))}

    def read(key: str, **values: str) -> str:
        return replace_placeholders(blocks[key], {"company": company, "studio": studio, **values})

    kind = notification.kind
    if kind in CAMPAIGN_TEXTS:
        return CAMPAIGN_TEXTS[kind](notification, read)
    text = _TEXTS[kind]
    if kind in _OWN_TEXTS:
        paragraphs = split_paragraphs(read(f"{kind}.text"))
        return MailText(read(f"{kind}.title"), paragraphs, read(f"{kind}.button"), text.path)
    names = {"company": company, "studio": studio, "session": notification.session or "–"}
    return MailText(
        str(text.title), tuple(str(paragraph) % names for paragraph in text.paragraphs), str(text.button), text.path
    )
