"""Counts of the console's first page: funnel, attention, teams, and days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, DateTime, Text, and_, case, cast, func, literal, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute

from portal.db import db
from portal.domain.funnel import NOT_SIGNED_IN
from portal.domain.stages import Stage
from portal.models.listed_people import ListedPerson
from portal.models.people_list import build_rows
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


def count_by_stage_and_attention(now: datetime) -> list[tuple[str, str | None, bool, int]]:
    """Count the active people by stage, attention, and whether they are in the funnel."""
    rows = build_rows(now)
    query = select(rows.c.stage, rows.c.attention, rows.c.is_invited, func.count())
    return [
        (stage, attention, is_invited, count)
        for stage, attention, is_invited, count in db.session.execute(
            query.group_by(rows.c.stage, rows.c.attention, rows.c.is_invited)
        )
    ]


def count_by_team(teams: list[str], now: datetime) -> list[TeamCounts]:
    """Count the active people of these teams; a person of two teams counts in both."""
    if not teams:
        return []
    # The team of the roster may be one of the person's groups as well.
    others = func.array_remove(ListedPerson.teams, ListedPerson.team, type_=ARRAY(Text))
    # One parameter, however many teams; as rows, so that a name is looked up by its hash.
    names = literal(teams, ARRAY(Text))
    name_rows = select(func.unnest(names))
    of_roster = build_rows(now, ListedPerson.team.label("name"), where=[ListedPerson.team.in_(name_rows)])
    # An index finds the people of one group. For many, comparing each with each would cost more than all the rest.
    has_others = ListedPerson.teams.overlap(names) if len(teams) == 1 else others != cast([], ARRAY(Text))
    of_groups = build_rows(now, func.unnest(others).label("name"), where=[has_others])
    rows = union_all(select(of_roster), select(of_groups).where(of_groups.c.name.in_(name_rows))).subquery()
    query = select(
        rows.c.name,
        func.count(),
        _count(rows.c.stage == Stage.CHOSEN),
        _count(and_(rows.c.stage != Stage.CHOSEN, rows.c.stage.not_in(_NOT_STARTED))),
        _count(rows.c.is_overdue),
        func.count(rows.c.attention),
    )
    return [TeamCounts(*row) for row in db.session.execute(query.group_by(rows.c.name))]


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count(case((condition, 1)))


def count_by_day(column: InstrumentedAttribute[datetime | None]) -> list[tuple[date, int]]:
    """Count the active people by the UTC day of one of their moments, the oldest first."""
    day = func.date(func.timezone("UTC", column))
    query = select(day, func.count()).where(column.is_not(None), build_is_active()).group_by(day).order_by(day)
    return [(found, count) for found, count in db.session.execute(query)]


def read_latest(since: datetime) -> tuple[datetime | None, int]:
    """Return when an active person last came to another stage, and how many of them chose since a moment."""
    moments = func.greatest(
        ListedPerson.signed_in_at, ListedPerson.agreed_at, ListedPerson.status_since, ListedPerson.chosen_at
    )
    is_later = ListedPerson.chosen_at >= literal(since, DateTime(timezone=True))
    query = select(func.max(moments), func.count().filter(is_later)).where(build_is_active())
    last_change_at, chosen = db.session.execute(query).one()
    return last_change_at, chosen
