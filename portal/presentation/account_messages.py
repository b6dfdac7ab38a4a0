"""Texts of the provider's account: counts, key scopes, and the chart of calls."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from flask_babel import format_decimal, ngettext
from flask_babel import gettext as _

from portal.presentation import chart_scale, provider_messages

# Fewer bars would look like a single block.
_MIN_DAYS = 14


@dataclass(frozen=True)
class Bars:
    """Arguments of the ``bars`` macro, and the rows of the table beside it, the newest first."""

    values: list[tuple[int, bool]]
    top: int
    ticks: list[tuple[float, str]]
    finding: str
    rows: list[tuple[date, int, int]]


def list_scopes() -> list[tuple[str, str]]:
    """List the rights of an API key with what this portal does with each."""
    return [
        (_("Organization"), _("Reads the name, the teams and the credits.")),
        (_("Models"), _("Creates a session for each person, reads its status, deletes it on erasure or reset.")),
        (_("Photos"), _("Reads finished headshots and the studio’s favorite.")),
        (
            _("Teams"),
            _("Puts new sessions in the person’s team. Creates, renames and deletes teams only from this page."),
        ),
        (
            _("Invites"),
            _("Lists them; sends or revokes one only when an admin does it here. Campaigns use this portal’s mail."),
        ),
    ]


def get_state_name(kind: str, state: str) -> str:
    """Return the name of a state of a count, ``members``, ``models`` or ``invites``."""
    return provider_messages.get_status_name(kind.removesuffix("s"), state)


def get_count_name(kind: str) -> str:
    """Return the heading of a count."""
    names: dict[str, str] = {
        "members": _("Members"),
        "models": _("Sessions"),
        "invites": _("Invites by the studio’s own mail"),
    }
    return names[kind]


def build_bars(days: list[tuple[date, int, int]]) -> Bars | None:
    """Return the chart of calls by day, None without any."""
    if not days:
        return None
    last = days[-1][0]
    first = min(days[0][0], last - timedelta(days=_MIN_DAYS - 1))
    found = {day: (count, rejected) for day, count, rejected in days}
    shown = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    rows = [(day, *found.get(day, (0, 0))) for day in shown]
    values = [(count, rejected > 0) for _day, count, rejected in rows]
    top = max(4, -(-max(count for count, _capped in values) // 10) * 10)
    total = sum(count for count, _capped in values)
    finding = ngettext(
        "%(count)s call in the last 30 days.",
        "%(count)s calls in the last 30 days.",
        total,
        count=format_decimal(total),
    )
    ticks = [(0.0, chart_scale.format_short_day(first)), (100.0, chart_scale.format_short_day(last))]
    return Bars(values, top, ticks if first != last else ticks[:1], str(finding), rows[::-1])
