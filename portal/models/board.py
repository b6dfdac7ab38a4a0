"""Counts of the console's first page: funnel, attention, teams, and days."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import InstrumentedAttribute

from portal.db import db
from portal.domain.funnel import NOT_SIGNED_IN
from portal.domain.stages import Stage
from portal.models.listed_people import ListedPerson
from portal.models.people_counts import PeopleCount, count_members, count_of_team
from portal.models.stage_expressions import build_is_active

_NOT_STARTED = (NOT_SIGNED_IN, Stage.NOT_STARTED.value)


@dataclass(frozen=True)
class TeamCounts:
    """How far one team is.

    Attributes:
        people: active members.
        started: agreed and not yet chosen.
        attention: members who need attention.
    """

    name: str
    people: int
    chosen: int
    started: int
    overdue: int
    attention: int

    @property
    def chosen_percent(self) -> int:
        """Share of the team that has chosen."""
        return round(100 * self.chosen / self.people) if self.people else 0

    @property
    def started_percent(self) -> int:
        """Share of the team that is between agreeing and choosing."""
        return round(100 * self.started / self.people) if self.people else 0


def count_team(name: str, now: datetime) -> TeamCounts | None:
    """Count the active people of a team; None for an empty one."""
    found = build_team_counts([*count_of_team(name, now), *count_members([name], now)])
    return found[0] if found else None


def build_team_counts(counts: Iterable[PeopleCount]) -> list[TeamCounts]:
    """Sum counts by team; people without one are left out."""
    by_team: dict[str, list[PeopleCount]] = {}
    for each in counts:
        if each.team:
            by_team.setdefault(each.team, []).append(each)
    return [_build_team(name, found) for name, found in by_team.items()]


def _build_team(name: str, counts: list[PeopleCount]) -> TeamCounts:
    return TeamCounts(
        name,
        people=sum(each.count for each in counts),
        chosen=sum(each.count for each in counts if each.stage == Stage.CHOSEN),
        started=sum(each.count for each in counts if each.stage not in (Stage.CHOSEN, *_NOT_STARTED)),
        overdue=sum(each.count for each in counts if each.is_overdue),
        attention=sum(each.count for each in counts if each.attention is not None),
    )


def count_by_day(day: InstrumentedAttribute[date | None]) -> list[tuple[date, int]]:
    """Count the active people by one of their days, the oldest first."""
    query = select(day, func.count()).where(day.is_not(None), build_is_active()).group_by(day).order_by(day)
    return [(found, count) for found, count in db.session.execute(query) if found is not None]


def read_last_move() -> datetime | None:
    """Return the last move of all active people, None if none of them has signed in."""
    return db.session.scalar(select(func.max(ListedPerson.moved_at)).where(build_is_active()))


def count_chosen(since: datetime) -> int:
    """Count the active people who chose since a moment."""
    # An index finds the day.
    is_later = and_(ListedPerson.chosen_on >= since.astimezone(UTC).date(), ListedPerson.chosen_at >= since)
    return db.session.scalar(select(func.count()).where(is_later, build_is_active())) or 0
