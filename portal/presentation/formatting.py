"""Lengths of time in words, as rough as they are known."""

from __future__ import annotations

from datetime import timedelta

from flask_babel import gettext as _
from flask_babel import ngettext

# Up to these, each unit says enough; a longer time is told in the next one.
_MINUTES = 90
_HOURS = 48
# Below this a minute matters; above, five do.
_FINE_MINUTES = 10

_HOUR, _DAY = 60, 60 * 24


def length(span: timedelta) -> str:
    """Say how long this is, roughly."""
    return _with_unit(*_rough(span))


def between(low: timedelta, high: timedelta) -> str:
    """Say a range, its unit only once where it can be."""
    (first, unit), (last, last_unit) = _rough(low), _rough(high)
    if (first, unit) == (last, last_unit):
        return str(_("about %(length)s", length=_with_unit(last, last_unit)))
    start = str(first) if unit == last_unit else _with_unit(first, unit)
    return str(_("%(start)s to %(end)s", start=start, end=_with_unit(last, last_unit)))


def _rough(span: timedelta) -> tuple[int, int]:
    """Return a number and the unit it counts, in minutes."""
    minutes = span.total_seconds() / 60
    if minutes < _FINE_MINUTES:
        return max(1, round(minutes)), 1
    if minutes < _MINUTES:
        fives = 5 * round(minutes / 5)
        return (1, _HOUR) if fives == _HOUR else (fives, 1)
    if minutes < _HOURS * _HOUR:
        return max(1, round(minutes / _HOUR)), _HOUR
    return round(minutes / _DAY), _DAY


def _with_unit(number: int, unit: int) -> str:
    if unit == 1:
        return str(ngettext("%(num)s minute", "%(num)s minutes", number))
    if unit == _HOUR:
        return str(ngettext("%(num)s hour", "%(num)s hours", number))
    return str(ngettext("%(num)s day", "%(num)s days", number))
