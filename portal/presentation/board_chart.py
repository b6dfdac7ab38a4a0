"""The numbers of the board's chart: grid, ticks, series and the finding in one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import format_date, format_decimal
from flask_babel import gettext as _

from portal.presentation import chart_scale
from portal.services.board import Board

# Days of the forecast.
_AHEAD_DAYS = 14


@dataclass(frozen=True)
class Chart:
    """Arguments of the ``lines`` macro, and the rows of the table beside it, the newest first."""

    series: list[dict[str, Any]]
    top: int
    grid: list[int]
    ticks: list[tuple[float, str]]
    finding: str
    rows: list[tuple[date, int, int]]


def build_chart(board: Board) -> Chart | None:
    """Return the chart of a board, None while there are fewer than two days to connect."""
    days = board.days
    if len(days) < 2:  # noqa: PLR2004 - a line needs two points
        return None
    ahead = _AHEAD_DAYS if board.pace > 0 and days[-1].chosen < board.invited else 0
    past = (len(days) - 1) * board.step_days
    step = 100 * board.step_days / (past + ahead)
    top = chart_scale.round_up(max(days[-1].signed_in, board.invited))
    series: list[dict[str, Any]] = [
        {"kind": "second", "values": [day.signed_in for day in days], "step": step},
        {"kind": "main", "values": [day.chosen for day in days], "step": step, "area": True},
    ]
    expected = min(board.invited, days[-1].chosen + round(board.pace * ahead))
    if ahead:
        start = 100 * past / (past + ahead)
        forecast = {"kind": "forecast", "values": [days[-1].chosen, expected], "step": 100 - start, "start": start}
        series.append(forecast | {"label": _("about %(count)s", count=format_decimal(expected))})
    return Chart(
        series=series,
        top=top,
        grid=chart_scale.build_grid(top),
        ticks=chart_scale.build_ticks(days[0].day, past + ahead),
        finding=_build_finding(board, expected if ahead else None),
        rows=[(day.day, day.signed_in, day.chosen) for day in reversed(days)],
    )


def _build_finding(board: Board, expected: int | None) -> str:
    first, last = board.days[0], board.days[-1]
    values = {
        "first": format_date(first.day, "long"),
        "last": format_date(last.day, "long"),
        "signed_in": format_decimal(last.signed_in),
        "chosen": format_decimal(last.chosen),
    }
    if expected is None:
        message = _(
            "From %(first)s to %(last)s, %(signed_in)s people signed in and %(chosen)s chose a headshot.", **values
        )
    else:
        message = _(
            "From %(first)s to %(last)s, %(signed_in)s people signed in and %(chosen)s chose a headshot. "
            "At this pace about %(expected)s will have chosen two weeks from now.",
            **values,
            expected=format_decimal(expected),
        )
    return str(message)
