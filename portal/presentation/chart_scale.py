"""The scale of a chart: the top of its axis, the lines of its grid and the days below it."""

from __future__ import annotations

from datetime import date, timedelta

from babel.dates import format_skeleton
from flask_babel import get_locale

_GRID_LINES = 4
_TICKS = 4


def round_up(value: float) -> int:
    """Return the next number that the grid's lines divide evenly into round numbers."""
    unit = _GRID_LINES
    while unit * 25 < value:
        unit *= 10
    return max(unit, int(-(-value // unit)) * unit)


def build_grid(top: int) -> list[int]:
    """Return the numbers at the grid's lines, from zero to the top of the axis."""
    return [round(top * line / _GRID_LINES) for line in range(_GRID_LINES + 1)]


def build_ticks(first: date, length: int) -> list[tuple[float, str]]:
    """Return the days to name below a chart of ``length`` days, each with its place in percent of the width."""
    offsets = sorted({round(length * index / _TICKS) for index in range(_TICKS + 1)})
    return [(100 * offset / length, format_short_day(first + timedelta(days=offset))) for offset in offsets]


def format_short_day(day: date) -> str:
    """Return a day without its year in the order of the language in force: "Nov 14", "14. Nov."."""
    return format_skeleton("MMMd", day, locale=get_locale() or "en")
