"""Writes mails: a notice becomes a message in its reader's language; no link but to the portal's own pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import current_app, render_template
from flask_babel import force_locale, gettext

from portal.mail import Message
from portal.presentation.mail_messages import Words, words_for
from portal.services.notifications import Letter
from portal.settings import Settings

_SOURCE = "en"


@dataclass(frozen=True)
class Writer:
    """Writes for one portal; needs its application context.

    Attributes:
        studio: what the company that runs the studio is called.
        clock: the present, UTC; the date a mail shows.
    """

    settings: Settings
    studio: str
    clock: Callable[[], datetime]

    def write(self, letter: Letter) -> Message:
        """Return the letter as a message with both its parts."""
        locale = letter.locale or _SOURCE
        if locale not in current_app.extensions["locales"]:
            locale = _SOURCE
        with force_locale(locale):
            words = words_for(letter, company=self.settings.brand_name, studio=self.studio)
            shown = {
                "words": words,
                "greeting": self._greeting(letter),
                "link": self.settings.public_url + words.path,
                "color": self.settings.brand_color,
            }
            return Message(
                id=str(letter.notice_id),
                to=letter.to,
                to_name=letter.name,
                subject=_subject(words, self.settings.brand_name),
                text=render_template("mail/notice.txt", **shown),
                html=render_template("mail/notice.html", **shown),
                language=locale,
                sent_at=self.clock(),
                reply_to=self.settings.support_email,
            )

    def _greeting(self, letter: Letter) -> str:
        # Two lines in a name would look like two sentences of ours.
        name = " ".join(letter.name.split())
        greeting: str = gettext("Hello %(name)s,", name=name) if name else gettext("Hello,")
        return greeting


def _subject(words: Words, company: str) -> str:
    return f"{words.title} · {company}"
