"""The parts of one mail's text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MailText:
    """The text of one mail.

    Attributes:
        title: the subject, and the heading of the HTML part.
        paragraphs: the first one is also what inboxes show beside the subject.
        path: page of the portal the button opens; it requires a sign-in.
        quote: text of the organizer, unchanged.
        table: pairs of a label and its value.
    """

    title: str
    paragraphs: tuple[str, ...]
    button: str
    path: str
    quote: str = ""
    table: tuple[tuple[str, str], ...] = ()
