"""What each mail says, in the language in force; how it looks is in templates/mail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask_babel import gettext as _

from portal.services.notifications import Kind, Letter


@dataclass(frozen=True)
class Words:
    """One mail's words.

    Attributes:
        title: the subject, and the heading of the HTML part.
        path: where the button leads, a page of the portal that asks for a sign-in.
    """

    title: str
    paragraphs: tuple[str, ...]
    button: str
    path: str


def words_for(letter: Letter, *, company: str, studio: str) -> Words:
    """Return what this letter says.

    Args:
        letter: for its kind and session.
        company: the name people know their employer by.
        studio: the name of the company that runs the studio.
    """
    return _WORDS[letter.kind](letter.session or "–", company, studio)


def _ready(_session: str, company: str, _studio: str) -> Words:
    return Words(
        _("Your headshots are ready"),
        (
            _("Your session is finished and all your pictures are here."),
            _("Look at them in peace and choose the one %(company)s will use.", company=company),
        ),
        _("Choose your headshot"),
        "/headshots",
    )


def _link_problem(_session: str, _company: str, _studio: str) -> Words:
    return Words(
        _("Your link to the studio no longer works"),
        (
            _("Your photo session cannot be opened at the moment. You have done nothing wrong."),
            _("Whoever looks after the headshots has been told. You need not do anything until you hear from them."),
        ),
        _("See where you stand"),
        "/headshots",
    )


def _credits_back(_session: str, _company: str, _studio: str) -> Words:
    return Words(
        _("Your photo session is waiting for you"),
        (
            _("When you were here last, there was no free session. Now there is one, and it is yours."),
            _("You can stop at any time and go on later."),
        ),
        _("Start the session"),
        "/start",
    )


def _link_lost(session: str, _company: str, studio: str) -> Words:
    return Words(
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


def _out_of_credits(_session: str, _company: str, studio: str) -> Words:
    return Words(
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


def _link_reported(session: str, _company: str, studio: str) -> Words:
    return Words(
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


def _link_seen_to(_session: str, _company: str, _studio: str) -> Words:
    return Words(
        _("Please try the photo studio again"),
        (
            _("You told us that your way into the studio did not work. We have seen to it."),
            _("Please try again. If it still does not work, tell us the same way as before."),
        ),
        _("Go to the studio"),
        "/start",
    )


def _stuck(_session: str, _company: str, studio: str) -> Words:
    return Words(
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


_WORDS: Mapping[Kind, Callable[[str, str, str], Words]] = {
    Kind.READY: _ready,
    Kind.LINK_PROBLEM: _link_problem,
    Kind.CREDITS_BACK: _credits_back,
    Kind.LINK_LOST: _link_lost,
    Kind.OUT_OF_CREDITS: _out_of_credits,
    Kind.STUCK: _stuck,
    Kind.LINK_REPORTED: _link_reported,
    Kind.LINK_SEEN_TO: _link_seen_to,
}
