"""What about a person needs an admin's attention, the worst first."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum


class Attention(StrEnum):
    """Why a person is on the list of those who need attention; each person is counted under the first that applies."""

    LINK_DEAD = "link_dead"
    """The link to the studio does not open their session."""
    BOUNCED = "bounced"
    """The mail server refused the address."""
    NO_CREDITS = "no_credits"
    """Waits for a credit."""
    ADDRESS_TAKEN = "address_taken"
    """The studio has an older session for the address."""
    REFUSED = "refused"
    """The studio refused to create the session."""
    NO_PHOTOS = "no_photos"
    """The studio finished, and no picture arrived."""
    NOT_CHOSEN = "not_chosen"
    """The pictures were deleted before one was chosen."""
    NO_CHOICE = "no_choice"
    """Ready for a week, nothing chosen."""
    NO_UPLOAD = "no_upload"
    """In the studio for three days, no photos sent."""
    STUCK = "stuck"
    """Longer than usual in one place."""
    OVERDUE = "overdue"
    """The due date has passed."""


# These people cannot go on by themselves.
BLOCKED = frozenset({Attention.LINK_DEAD, Attention.BOUNCED, Attention.NO_CREDITS, Attention.ADDRESS_TAKEN})

# The database has these limits, too (derive_late_at), as those of portal/domain/stages.py; a test holds them equal.
NO_CHOICE_AFTER = timedelta(days=7)
NO_UPLOAD_AFTER = timedelta(days=3)
