"""The list's ready-made views, each a link with its count, and the teams its filter offers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _

from portal.models import people_counts, people_list
from portal.settings import Settings


@dataclass(frozen=True)
class View:
    """One view: its name, the filter in its address, and how many people it holds."""

    name: str
    arguments: Mapping[str, str]
    count: int


def list_views(now: datetime) -> list[View]:
    """List the views in the order of the page; empty ones are left out, except the first two."""
    counts = people_counts.count_views(now)
    active = {"active": "1"}
    views = [
        View(_("Everyone"), active, counts.everyone),
        View(_("Needs attention"), active | {"attention": "any"}, counts.attention),
        View(_("Not signed in"), active | {"stage": "not_signed_in", "invited": "1"}, counts.not_signed_in),
        View(_("No choice yet"), active | {"stage": "ready"}, counts.no_choice),
        View(_("Overdue"), active | {"due": "overdue"}, counts.overdue),
        View(_("Chosen"), active | {"stage": "chosen"}, counts.chosen),
        View(_("Not invited"), active | {"invited": "0"}, counts.not_invited),
    ]
    return [view for index, view in enumerate(views) if view.count or index < 2]  # noqa: PLR2004 - the first two


def find_count(views: Iterable[View], filters: Mapping[str, str]) -> int | None:
    """Return how many people the view with exactly these filters holds, None if there is no such view."""
    return next((view.count for view in views if view.arguments == filters), None)


def list_teams(settings: Settings) -> list[str]:
    """List the roster's teams and the groups that count as teams, by name."""
    return sorted({*people_list.list_teams(), *settings.team_managers}, key=str.casefold)
