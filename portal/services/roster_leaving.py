"""People who left according to an imported list: those whose lines report it, and those absent from a full list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from portal.models import roster_absence
from portal.models.roster_imports import RosterImport

# More than one in five absent people is rather a wrong list than a full one.
LARGE_PART = 5


@dataclass(frozen=True)
class Absence:
    """The people who are on the roster or have signed in, and are not in a list.

    Attributes:
        is_large: whether they are more than a fifth of all, so that their number has to be typed.
    """

    count: int
    is_large: bool


class AbsentCountNotTyped(Exception):
    """More than a fifth of all people would be marked as left, and the admin did not type the number."""

    def __init__(self, count: int) -> None:
        self.count = count
        super().__init__("the number of absent people was not typed")


def get_absence(found: RosterImport) -> Absence:
    """Return how many known people are not in the list."""
    count = roster_absence.count_absent(found)
    return Absence(count, count * LARGE_PART > roster_absence.count_known())


def mark_left(found: RosterImport, now: datetime) -> tuple[int, int]:
    """Mark the people who left according to a list, in the caller's transaction.

    Returns:
        How many were marked, and how many absent people were not, since more are absent than the admin confirmed.
    """
    gone = roster_absence.apply_leaving(found, now)
    if not found.marks_absent:
        return gone, 0
    absence = get_absence(found)
    # A scheduled list may be applied when more people are absent than the admin saw.
    if absence.is_large and absence.count > found.counts.get("absent_confirmed", 0):
        return gone, absence.count
    return gone + roster_absence.mark_absent(found, now), 0
