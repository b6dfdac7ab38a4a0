"""Texts of the console about people who need attention: what, why it matters, and what to do."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _

from portal.domain.attention import BLOCKED, Attention


@dataclass(frozen=True)
class AttentionMessage:
    """Words for one reason.

    Attributes:
        title: what it is, as one line of a list.
        reason: why it matters.
        action: the link that leads to these people.
    """

    title: str
    reason: str
    action: str


def get_message(attention: str) -> AttentionMessage:
    """Return the words for one reason."""
    messages: dict[str, AttentionMessage] = {
        Attention.LINK_DEAD: AttentionMessage(
            _("Link no longer works"), _("They can’t go on by themselves."), _("Help them in…")
        ),
        Attention.BOUNCED: AttentionMessage(
            _("Invitation bounced"), _("The mail server refused the address."), _("Fix addresses…")
        ),
        Attention.NO_CREDITS: AttentionMessage(
            _("Wait for a credit"), _("They go on by themselves once there are credits."), _("Open account")
        ),
        Attention.ADDRESS_TAKEN: AttentionMessage(
            _("Address has another session"), _("The studio has an older session for it."), _("Decide…")
        ),
        Attention.REFUSED: AttentionMessage(
            _("Session refused by the studio"), _("The studio didn’t create a session."), _("See why…")
        ),
        Attention.NO_PHOTOS: AttentionMessage(
            _("No pictures arrived"), _("The studio finished without sending any."), _("Look at them…")
        ),
        Attention.NOT_CHOSEN: AttentionMessage(
            _("None chosen in time"), _("Their pictures were deleted."), _("Let them try again…")
        ),
        Attention.NO_CHOICE: AttentionMessage(
            _("No choice for a week"), _("Unchosen pictures are deleted after a while."), _("Remind…")
        ),
        Attention.NO_UPLOAD: AttentionMessage(
            _("Three days in the studio"), _("Started, no photos sent yet."), _("Remind…")
        ),
        Attention.STUCK: AttentionMessage(
            _("Longer than usual"), _("The studio usually takes less time."), _("Look at them…")
        ),
        Attention.OVERDUE: AttentionMessage(_("Overdue"), _("Their due date has passed."), _("Remind…")),
    }
    return messages[attention]


def get_mark(attention: str) -> str:
    """Return the status mark: red for people who cannot go on by themselves, amber for the others."""
    return "bad" if attention in BLOCKED else "warn"
