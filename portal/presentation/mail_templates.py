"""Renders notifications as messages in the recipient's language; every link leads to a page of the portal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import current_app, render_template
from flask_babel import force_locale, gettext

from portal.mail import EmailMessage
from portal.presentation.mail_messages import MailText, get_mail_text
from portal.services.notifications import DueNotification
from portal.settings import Settings

_SOURCE = "en"


@dataclass(frozen=True)
class MailWriter:
    """Renders the mails of one portal; needs a Flask application context.

    Attributes:
        studio: name of the company that runs the studio.
        clock: the current time, UTC, for the Date header.
    """

    settings: Settings
    studio: str
    clock: Callable[[], datetime]

    def render(self, notification: DueNotification) -> EmailMessage:
        """Return the message with its text and HTML parts."""
        locale = notification.locale or _SOURCE
        if locale not in current_app.extensions["locales"]:
            locale = _SOURCE
        with force_locale(locale):
            text = get_mail_text(notification, company=self.settings.brand_name, studio=self.studio)
            shown = {
                "text": text,
                "greeting": self._greeting(notification),
                "link": self.settings.public_url + text.path,
                "color": self.settings.brand_color,
            }
            return EmailMessage(
                id=str(notification.notification_id),
                to=notification.to,
                to_name=notification.name,
                subject=_subject(text, self.settings.brand_name),
                text=render_template("mail/notice.txt", **shown),
                html=render_template("mail/notice.html", **shown),
                language=locale,
                sent_at=self.clock(),
                reply_to=self.settings.support_email,
            )

    def _greeting(self, notification: DueNotification) -> str:
        # A line break in a name would start a paragraph of its own.
        name = " ".join(notification.name.split())
        greeting: str = gettext("Hi %(name)s,", name=name) if name else gettext("Hello,")
        return greeting


def _subject(text: MailText, company: str) -> str:
    return f"{text.title} · {company}"
