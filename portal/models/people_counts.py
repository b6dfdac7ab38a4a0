"""Counts of the active people by stage, attention and team, for the board and the views of the list.

Whom no clock has changed is counted by stored facts, in the order of an index, and stage and attention are derived once
a group. Only the rows that the clock may have changed (``late_at``) are computed one by one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Executable,
    Select,
    Text,
    false,
    func,
    join,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, array
from sqlalchemy.orm import aliased

from portal.db import db
from portal.domain.funnel import NOT_SIGNED_IN
from portal.domain.stages import Stage
from portal.models.listed_people import ListedPerson as Row
from portal.models.stage_expressions import (
    POLICY,
    STAGED_PEOPLE,
    build_attention_if_active,
    build_is_active,
    build_is_overdue,
    build_reason,
    build_stage,
)

_FACTS = (Row.stage, Row.stage_without_consent, Row.stage_versions, Row.reason, Row.is_invited)


@dataclass(frozen=True)
class PeopleCount:
    """How many active people have all of this in common; ``team`` is None for those without one."""

    team: str | None
    stage: str
    attention: str | None
    is_invited: bool
    is_overdue: bool
    count: int


def count_people(now: datetime, *, by_team: bool = True) -> list[PeopleCount]:
    """Count all active people, each once, by the roster's team and what else the board distinguishes.

    Two counts may be of the same kind, to be added. Not by team, the team is None.
    """
    team = Row.team if by_team else null()
    late = _select_computed(now, team, where=[Row.late_at <= now])
    return _list_counts(union_all(_select_grouped(now, by_team=by_team), late))


def count_of_team(name: str, now: datetime) -> list[PeopleCount]:
    """Count the active people whose team on the roster is this one."""
    return _list_counts(_select_computed(now, Row.team, where=[Row.team == name]))


def count_members(teams: list[str], now: datetime) -> list[PeopleCount]:
    """Count the active people of these different teams who have another team on the roster, or none there.

    Their groups at the identity provider make them members; a person of two groups counts in both.
    """
    # One parameter, however many teams. Each is looked up in the index of groups; asked for all of them at once, the
    # database at times compares them with the groups of everyone instead.
    team = func.unnest(literal(teams, ARRAY(Text))).table_valued("name", joins_implicitly=True).render_derived()
    return _list_counts(_select_computed(now, team.c.name, where=[Row.other_teams.contains(array([team.c.name]))]))


def _list_counts(query: Executable) -> list[PeopleCount]:
    return [PeopleCount(*row) for row in db.session.execute(query)]


def _select_grouped(now: datetime, *, by_team: bool) -> Select[Any]:
    """Select the counts of those whom no clock has changed yet."""
    facts = (*_FACTS, Row.team) if by_team else _FACTS
    is_unchanged = or_(Row.late_at.is_(None), Row.late_at > now)
    query = select(*facts, func.count().label("count")).where(build_is_active(), is_unchanged).group_by(*facts)
    groups = query.subquery()
    group = aliased(Row, groups)
    stage = build_stage(group)
    team = group.team if by_team else null()
    columns = (team, stage, build_reason(stage, group), group.is_invited, false(), groups.c.count)
    return select(*columns).select_from(join(POLICY, groups, true()))


def _select_computed(now: datetime, team: Any, *, where: Iterable[ColumnElement[bool]]) -> Select[Any]:
    """Select the counts of active people, with stage and attention computed for each of them."""
    stage = build_stage()
    rows: Any = select(
        team.label("team"),
        stage.label("stage"),
        build_attention_if_active(stage, now).label("attention"),
        Row.is_invited,
        func.coalesce(build_is_overdue(stage, now), False).label("is_overdue"),
    )
    # OFFSET 0 keeps the planner from computing the attention again for each use.
    rows = rows.select_from(STAGED_PEOPLE).where(build_is_active(), *where).offset(0).subquery()
    return select(*rows.c, func.count()).group_by(*rows.c)


@dataclass(frozen=True)
class ViewCounts:
    """How many people each view of the list holds."""

    everyone: int
    attention: int
    not_signed_in: int
    no_choice: int
    overdue: int
    chosen: int
    not_invited: int


def count_views(now: datetime) -> ViewCounts:
    """Count the views of the list; none holds people who left or are deactivated."""
    counts = count_people(now, by_team=False)
    return ViewCounts(
        everyone=_add(counts),
        attention=_add(each for each in counts if each.attention is not None),
        not_signed_in=_add(each for each in counts if each.stage == NOT_SIGNED_IN and each.is_invited),
        no_choice=_add(each for each in counts if each.stage == Stage.READY),
        overdue=_add(each for each in counts if each.is_overdue),
        chosen=_add(each for each in counts if each.stage == Stage.CHOSEN),
        not_invited=_add(each for each in counts if not each.is_invited),
    )


def _add(counts: Iterable[PeopleCount]) -> int:
    return sum(each.count for each in counts)
