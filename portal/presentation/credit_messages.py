"""Texts of the credits: the curve of balances with its forecast, and when they run out in one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import format_date, format_decimal, ngettext
from flask_babel import gettext as _

from portal.domain.credit_forecast import CreditUse
from portal.presentation import chart_scale

# The forecast takes at most as much room as the past.
_MAX_AHEAD_DAYS = 30


@dataclass(frozen=True)
class CreditCurve:
    """Arguments of the ``lines`` macro, and the rows of the table beside it, the newest first."""

    series: list[dict[str, Any]]
    top: int
    grid: list[int]
    ticks: list[tuple[float, str]]
    finding: str
    rows: list[tuple[date, Decimal]]


def build_curve(daily: list[tuple[date, Decimal]], use: CreditUse) -> CreditCurve | None:
    """Return the curve of the balances by day, None while there are fewer than two days to connect."""
    if len(daily) < 2:  # noqa: PLR2004 - a line needs two points
        return None
    past = len(daily) - 1
    ahead = min(use.days_left, _MAX_AHEAD_DAYS, max(past, 7)) if use.days_left else 0
    values = [float(balance) for _day, balance in daily]
    top = chart_scale.round_up(max(values))
    step = 100 / (past + ahead)
    series: list[dict[str, Any]] = [{"kind": "main", "values": values, "step": step, "area": True}]
    if ahead and use.per_day:
        end = max(0.0, values[-1] - float(use.per_day) * ahead)
        start = past * step
        series.append({"kind": "forecast", "values": [values[-1], end], "step": 100 - start, "start": start})
    return CreditCurve(
        series=series,
        top=top,
        grid=chart_scale.build_grid(top),
        ticks=chart_scale.build_ticks(daily[0][0], past + ahead),
        finding=describe_forecast(use, daily[-1][0]),
        rows=list(reversed(daily)),
    )


def describe_forecast(use: CreditUse, today: date) -> str:
    """Return how long the credits last in one sentence."""
    if use.per_day is None:
        return str(_("The forecast needs a day of readings."))
    if not use.per_day:
        return str(_("No credit was used in the last two weeks."))
    rate = format_decimal(round(float(use.per_day), 1))
    last_day = use.find_last_day(today)
    if last_day is None or use.days_left is None:
        return str(_("About %(rate)s credits are used on a day.", rate=rate))
    return str(
        ngettext(
            "At %(rate)s credits a day they last about %(num)s more day, until %(day)s.",
            "At %(rate)s credits a day they last about %(num)s more days, until %(day)s.",
            use.days_left,
            rate=rate,
            day=format_date(last_day, "long"),
        )
    )
