"""The texts of the waiting room: place in the queue and estimated wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup, escape

from portal.domain.waiting_room import QueuePosition, Unit, compute_refresh_interval, round_wait


@dataclass(frozen=True)
class Wait:
    """A person's wait as the page shows it.

    Attributes:
        is_a_moment: too short to show a place or an estimate.
        estimate: as HTML, in which the page counts the minutes down; None if unknown.
        is_down: the studio does not respond.
        recheck_seconds: after this time the page polls again.
        per_minute: how many places a minute the person moves up; 0 if unknown.
    """

    is_a_moment: bool
    place: int
    estimate: Markup | None
    is_down: bool
    recheck_seconds: int
    per_minute: int


def describe_wait(line: QueuePosition) -> Wait:
    """Return the texts for this place in the queue."""
    wait = line.wait
    return Wait(
        is_a_moment=line.is_a_moment,
        place=line.place,
        estimate=None if wait is None else _format_wait(wait),
        is_down=line.is_down,
        recheck_seconds=round(compute_refresh_interval(wait).total_seconds()),
        per_minute=0 if wait is None else round(line.place / max(wait.total_seconds(), 1) * 60),
    )


def _format_wait(wait: timedelta) -> Markup:
    number, unit = round_wait(wait)
    if unit is Unit.SECONDS:
        return escape(_("About %(number)s seconds.", number=number))
    if unit is Unit.MINUTES:
        counted = Markup('<span data-count-down="{0}" data-per-minute="1">{0}</span>').format(number)
        before, figure, after = ngettext("About a minute.", "About %(num)s minutes.", number).partition(str(number))
        # Only the plural has the number in it.
        return Markup().join((before, counted if figure else "", after))
    return escape(ngettext("About an hour.", "About %(num)s hours.", number))
