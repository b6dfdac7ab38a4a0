"""What somebody in the waiting room is told: a place and an honest estimate in words, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask_babel import gettext as _
from flask_babel import ngettext

from portal.domain.waiting_room import Line, Unit, look_again, rounded


@dataclass(frozen=True)
class Wait:
    """One person's wait as the page shows it.

    Attributes:
        is_a_moment: nothing more than that needs to be said.
        estimate: in words; None when nobody can say.
        is_down: the studio does not answer.
        look_again: seconds until it is worth asking again.
    """

    is_a_moment: bool
    place: int
    estimate: str | None
    is_down: bool
    look_again: int


def describe(line: Line) -> Wait:
    """Return what to show for this place in the line."""
    wait = line.wait
    return Wait(
        is_a_moment=line.is_a_moment,
        place=line.place,
        estimate=None if wait is None else _in_words(wait),
        is_down=line.is_down,
        look_again=round(look_again(wait).total_seconds()),
    )


def _in_words(wait: timedelta) -> str:
    number, unit = rounded(wait)
    words: str
    if unit is Unit.SECONDS:
        words = _("About %(number)s seconds.", number=number)
    elif unit is Unit.MINUTES:
        words = ngettext("About a minute.", "About %(num)s minutes.", number)
    else:
        words = ngettext("About an hour.", "About %(num)s hours.", number)
    return words
