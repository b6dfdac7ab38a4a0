"""The reason an admin gives before pictures of several people are handed out."""

from __future__ import annotations

from portal.domain.errors import ReasonMissing
from portal.domain.text import normalize_line

MAX_REASON_LENGTH = 200
_MIN_REASON_LENGTH = 5


def normalize_reason(text: str) -> str:
    """Return a reason as it is stored and shown, in one line.

    Raises:
        ReasonMissing: there are no words, or fewer than a reason needs.
    """
    reason = normalize_line(text, MAX_REASON_LENGTH) or ""
    if len(reason) < _MIN_REASON_LENGTH:
        raise ReasonMissing
    return reason
