"""Texts of the console about people who need attention: what, why it matters, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

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


# Looked up for each row of a list, so that a lookup translates one message.
_MESSAGES: Mapping[str, tuple[LazyString, LazyString, LazyString]] = MappingProxyType(
    {
        Attention.LINK_DEAD: (_l("Link no longer works"), _l("They can’t go on by themselves."), _l("Help them in…")),
        Attention.BOUNCED: (_l("Invitation bounced"), _l("The mail server refused the address."), _l("Fix addresses…")),
        Attention.NO_CREDITS: (
            _l("Wait for a credit"),
            _l("They go on by themselves once there are credits."),
            _l("Open account"),
        ),
        Attention.ADDRESS_TAKEN: (
            _l("Address has another session"),
            _l("The studio has an older session for it."),
            _l("Decide…"),
        ),
        Attention.REFUSED: (
            _l("Session refused by the studio"),
            _l("The studio didn’t create a session."),
            _l("See why…"),
        ),
        Attention.NO_PHOTOS: (
            _l("No pictures arrived"),
            _l("The studio finished without sending any."),
            _l("Look at them…"),
        ),
        Attention.NOT_CHOSEN: (
            _l("None chosen in time"),
            _l("Their pictures were deleted."),
            _l("Let them try again…"),
        ),
        Attention.NO_CHOICE: (
            _l("No choice for a week"),
            _l("Unchosen pictures are deleted after a while."),
            _l("Remind…"),
        ),
        Attention.NO_UPLOAD: (_l("Three days in the studio"), _l("Started, no photos sent yet."), _l("Remind…")),
        Attention.STUCK: (_l("Longer than usual"), _l("The studio usually takes less time."), _l("Look at them…")),
        Attention.OVERDUE: (_l("Overdue"), _l("Their due date has passed."), _l("Remind…")),
    }
)


def get_message(attention: str) -> AttentionMessage:
    """Return the words for one reason."""
    return AttentionMessage(*map(str, _MESSAGES[attention]))


def get_mark(attention: str) -> str:
    """Return the status mark: red for people who cannot go on by themselves, amber for the others."""
    return "bad" if attention in BLOCKED else "warn"
