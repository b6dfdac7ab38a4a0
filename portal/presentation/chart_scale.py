"""The scale of a chart: the top of its axis, the lines of its grid and the days below it."""

from __future__ import annotations

from datetime import date, timedelta

from flask_babel import format_date

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
    return [(100 * offset / length, format_date(first + timedelta(days=offset), "MMM d")) for offset in offsets]
