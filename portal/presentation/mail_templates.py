"""Renders notifications as messages in the recipient's language; every link leads to a page of the portal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import current_app, render_template
from flask_babel import force_locale, gettext
from mjml import mjml2html

from portal.domain.company_texts import BUILT_IN, PublishedTexts
from portal.domain.mute_links import build_mute_token
from portal.mail import EmailMessage
from portal.models.people import Person
from portal.presentation.mail_messages import get_mail_text
from portal.presentation.mail_text import MailText
from portal.services.campaigns import CampaignForm
from portal.services.due_notifications import CampaignDetails, DueNotification, NotificationKind
from portal.settings import Settings

_SOURCE = "en"


@dataclass(frozen=True)
class MailWriter:
    """Renders the mails of one portal; needs a Flask application context.

    Attributes:
        studio: name of the company that runs the studio.
        clock: the current time, UTC, for the Date header.
        texts: the company's own texts.
    """

    settings: Settings
    studio: str
    clock: Callable[[], datetime]
    texts: PublishedTexts = BUILT_IN

    def render(self, notification: DueNotification) -> EmailMessage:
        """Return the message with its text and HTML parts."""
        locale = notification.locale or _SOURCE
        if locale not in current_app.extensions["locales"]:
            locale = _SOURCE
        with force_locale(locale):
            text = get_mail_text(notification, company=self.settings.brand_name, studio=self.studio, texts=self.texts)
            mute = self._build_mute_url(notification)
            shown = {
                "text": text,
                "greeting": self._greeting(notification),
                "link": self.settings.public_url + text.path,
                "color": self.settings.brand_color,
                "logo": self._build_logo_url(),
                "mute": mute,
            }
            return EmailMessage(
                id=str(notification.notification_id),
                to=notification.to,
                to_name=notification.name,
                subject=_subject(text, self.settings.brand_name),
                text=render_template("mail/notification.txt", **shown),
                # Tables and conditional comments that Outlook for Windows draws as well.
                html=mjml2html(render_template("mail/notification.mjml.xml", **shown), fonts={}),
                language=locale,
                sent_at=self.clock(),
                reply_to=self.settings.support_email,
                unsubscribe=mute,
            )

    def _build_mute_url(self, notification: DueNotification) -> str | None:
        if notification.campaign is None or notification.campaign.entry_id is None:
            return None
        token = build_mute_token(notification.campaign.entry_id, self.settings.secret_keys)
        return f"{self.settings.public_url}/mute/{token}"

    def _build_logo_url(self) -> str:
        """Return the address of the logo: the brand's own, or the tile with its monogram; mails show no data URLs."""
        logo = self.settings.brand_logo
        is_file = logo is not None and logo.startswith("/static/") and not logo.endswith(".svg")
        return self.settings.public_url + (logo if is_file and logo else "/brand/tile.png")

    def _greeting(self, notification: DueNotification) -> str:
        # A line break in a name would start a paragraph of its own.
        name = " ".join(notification.name.split())
        greeting: str = gettext("Hi %(name)s,", name=name) if name else gettext("Hello,")
        return greeting


def _subject(text: MailText, company: str) -> str:
    return f"{text.title} · {company}"


@dataclass(frozen=True)
class MailPreview:
    """An invitation as a page shows it before it is sent."""

    subject: str
    greeting: str
    text: MailText
    language: str


def render_preview(
    settings: Settings, reader: Person, values: CampaignForm, *, language: str, texts: PublishedTexts
) -> MailPreview:
    """Return the invitation of a campaign as the reader would get it in a language."""
    locale = language if language in current_app.extensions["locales"] else _SOURCE
    details = CampaignDetails(values.message, values.due_on, is_signed_in=False, entry_id=reader.id)
    due = DueNotification(reader.id, NotificationKind.INVITATION, reader.email, reader.name, locale, None, details)
    with force_locale(locale):
        text = get_mail_text(due, company=settings.brand_name, studio="", texts=texts)
        greeting: str = gettext("Hi %(name)s,", name=" ".join(reader.name.split()))
    return MailPreview(_subject(text, settings.brand_name), greeting, text, locale)
