"""The texts of the waiting room: place in the queue and estimated wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask_babel import gettext as _
from flask_babel import ngettext

from portal.domain.waiting_room import QueuePosition, Unit, compute_refresh_interval, round_wait


@dataclass(frozen=True)
class Wait:
    """A person's wait as the page shows it.

    Attributes:
        is_a_moment: too short to show a place or an estimate.
        estimate: as text; None if unknown.
        is_down: the studio does not respond.
        look_again: seconds until it is worth asking again.
    """

    is_a_moment: bool
    place: int
    estimate: str | None
    is_down: bool
    recheck_seconds: int


def describe_wait(line: QueuePosition) -> Wait:
    """Return the texts for this place in the queue."""
    wait = line.wait
    return Wait(
        is_a_moment=line.is_a_moment,
        place=line.place,
        estimate=None if wait is None else _format_wait(wait),
        is_down=line.is_down,
        recheck_seconds=round(compute_refresh_interval(wait).total_seconds()),
    )


def _format_wait(wait: timedelta) -> str:
    number, unit = round_wait(wait)
    text: str
    if unit is Unit.SECONDS:
        text = _("About %(number)s seconds.", number=number)
    elif unit is Unit.MINUTES:
        text = ngettext("About a minute.", "About %(num)s minutes.", number)
    else:
        text = ngettext("About an hour.", "About %(num)s hours.", number)
    return text
