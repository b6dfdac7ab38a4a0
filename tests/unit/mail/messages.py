"""A message to send, and its sender."""

from __future__ import annotations

from datetime import UTC, datetime

from portal.mail import EmailMessage

FROM = "Acme <portal@acme.example>"


def build_message(to: str = "ada@example.com") -> EmailMessage:
    return EmailMessage(
        id="n1",
        to=to,
        to_name="Ada",
        subject="Ready",
        text="Hello\n.\nstill here\n",
        html="<p>Hello</p>",
        language="en",
        sent_at=datetime(2026, 11, 2, tzinfo=UTC),
    )
