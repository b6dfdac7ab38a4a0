"""Queries on the console's list: pages of people, and the count of a filter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    Uuid,
    and_,
    any_,
    func,
    literal,
    not_,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased

from portal.db import db
from portal.domain.funnel import Step, list_stages_at, list_stages_from
from portal.models.distinct_values import list_distinct
from portal.models.listed_people import LAST_DAY, LATEST, NO_TEAM, ListedPerson, SearchTerm
from portal.models.stage_expressions import (
    STAGED_PEOPLE,
    build_attention,
    build_attention_if_active,
    build_is_active,
    build_is_in_stored_stage,
    build_is_overdue,
    build_is_stuck,
    build_since,
    build_stage,
)

ANY_ATTENTION = "any"
STUCK = "stuck"
# Terms are compared by their bytes; no text has a character above this one.
_LAST_CHARACTER = chr(0x10FFFF)
_NAME: list[Any] = [ListedPerson.sort_name, ListedPerson.id]


class Sort(StrEnum):
    """The order of the list."""

    NAME = "name"
    SINCE = "since"
    TEAM = "team"
    DUE = "due"
    REMINDED = "reminded"


@dataclass(frozen=True, kw_only=True)
class PeopleFilter:
    """Which people are listed; None does not narrow.

    Attributes:
        terms: normalized terms of which each has to begin a term of the name, address or employee number.
        stage: a stage, "not_signed_in", or :data:`STUCK` for longer than usual in one place.
        at: stands at this step of the funnel; ``reached``: stands there or further.
        attention: one reason, or :data:`ANY_ATTENTION`.
        due: ``overdue``, or a due date within the next week (``week``), or ``none``.
        team: the roster's team or a group of theirs.
        is_active: neither left nor deactivated; False for those who are.
        is_invited: invited or signed in; False for those on the roster who are neither.
        ids: exactly these rows.
    """

    terms: tuple[str, ...] | None = None
    stage: str | None = None
    at: Step | None = None
    reached: Step | None = None
    attention: str | None = None
    due: str | None = None
    team: str | None = None
    role: str | None = None
    campaign: UUID | None = None
    is_active: bool | None = None
    is_invited: bool | None = None
    ids: tuple[UUID, ...] | None = None


@dataclass(frozen=True)
class ListRow:
    """One listed person with stage, since when, and what needs attention."""

    listed: ListedPerson
    stage: str
    since: datetime | None
    attention: str | None
    is_stuck: bool
    is_overdue: bool


def list_rows(
    chosen: PeopleFilter,
    *,
    now: datetime,
    limit: int,
    sort: Sort = Sort.NAME,
    descending: bool = False,
    after: UUID | None = None,
) -> list[ListRow]:
    """List people in an order, beginning behind the row called ``after``."""
    keys = _build_sort_keys(sort)
    last = select(*keys).select_from(STAGED_PEOPLE).where(ListedPerson.id == after) if after is not None else None
    found = db.session.execute(last).one_or_none() if last is not None else None

    def select_first(part_keys: list[Any], *where: ColumnElement[bool]) -> Select[Any]:
        query = select(ListedPerson.id).select_from(STAGED_PEOPLE).where(*build_conditions(chosen, now=now), *where)
        if found is not None:
            bound = tuple_(*(literal(value) for value in found))
            query = query.where(tuple_(*part_keys) < bound if descending else tuple_(*part_keys) > bound)
        return query.order_by(*_order(part_keys, descending=descending)).limit(limit)

    # Each part has an index in its order, and what is shown is read for one page alone.
    page = union_all(*(select_first(*part) for part in _list_parts(sort))).subquery()
    stage = build_stage()
    shown = select(
        ListedPerson,
        stage,
        build_since(),
        build_attention(stage, now),
        build_is_stuck(now),
        func.coalesce(build_is_overdue(stage, now), False),
    )
    shown = shown.select_from(STAGED_PEOPLE.join(page, page.c.id == ListedPerson.id))
    shown = shown.order_by(*_order(keys, descending=descending)).limit(limit)
    return [ListRow(*row) for row in db.session.execute(shown)]


def _order(keys: list[Any], *, descending: bool) -> list[Any]:
    return [key.desc() for key in keys] if descending else keys


def _build_sort_keys(sort: Sort) -> list[Any]:
    """Return the columns of an order, none of which is NULL."""
    keys: dict[Sort, list[Any]] = {
        Sort.NAME: _NAME,
        Sort.SINCE: [func.coalesce(build_since(), LATEST), *_NAME],
        Sort.TEAM: [func.coalesce(ListedPerson.team, NO_TEAM), *_NAME],
        Sort.DUE: [func.coalesce(ListedPerson.due_on, LAST_DAY), *_NAME],
        Sort.REMINDED: [ListedPerson.reminder_count, *_NAME],
    }
    return keys[sort]


def _list_parts(sort: Sort) -> list[tuple[Any, ...]]:
    """List the parts of an order: the columns of each, and its condition, if it is not everyone."""
    if sort is not Sort.SINCE:
        return [(_build_sort_keys(sort),)]
    # The consent text decides which of two moments counts.
    is_stored = build_is_in_stored_stage()
    return [
        ([func.coalesce(ListedPerson.stage_since, LATEST), *_NAME], is_stored),
        ([ListedPerson.signed_in_at, *_NAME], not_(is_stored)),
    ]


def count_rows(chosen: PeopleFilter, *, now: datetime) -> int:
    """Count the people of a filter."""
    query = select(func.count()).select_from(STAGED_PEOPLE).where(*build_conditions(chosen, now=now))
    return db.session.scalar(query) or 0


def list_ids(chosen: PeopleFilter, *, now: datetime, limit: int) -> list[UUID]:
    """List the ids of the people of a filter, in the order of their names."""
    query = select(ListedPerson.id).select_from(STAGED_PEOPLE).where(*build_conditions(chosen, now=now))
    return list(db.session.scalars(query.order_by(ListedPerson.sort_name, ListedPerson.id).limit(limit)))


def list_person_ids(terms: list[str], limit: int = 200) -> list[UUID]:
    """List the people each of whose terms begins a word of their name, address or employee number."""
    conditions = [_begins_term(term) for term in terms]
    query = select(ListedPerson.person_id).where(ListedPerson.person_id.is_not(None), *conditions).limit(limit)
    return [person_id for person_id in db.session.scalars(query) if person_id is not None]


def find_row(listed_id: UUID, *, now: datetime) -> ListRow | None:
    """Return one row of the list, None if there is none."""
    rows = list_rows(PeopleFilter(ids=(listed_id,)), now=now, limit=1)
    return rows[0] if rows else None


def build_conditions(chosen: PeopleFilter, *, now: datetime) -> list[ColumnElement[bool]]:
    """Return the conditions of a filter on :class:`ListedPerson`."""
    stage = build_stage()
    conditions: list[ColumnElement[bool]] = []
    if chosen.terms is not None:
        conditions += [_begins_term(term) for term in chosen.terms] or [literal(value=False)]
    if chosen.stage is not None:
        conditions.append(build_is_stuck(now) if chosen.stage == STUCK else stage == chosen.stage)
    if chosen.at is not None:
        conditions.append(stage.in_(list_stages_at(chosen.at)))
    if chosen.reached is not None:
        conditions.append(stage.in_(list_stages_from(chosen.reached)))
    if chosen.attention is not None:
        attention = (build_attention_if_active if chosen.is_active else build_attention)(stage, now)
        is_any = chosen.attention == ANY_ATTENTION
        conditions.append(attention.is_not(None) if is_any else attention == chosen.attention)
    if chosen.due is not None:
        conditions.append(_is_due(chosen.due, stage, now))
    return conditions + _build_plain_conditions(chosen)


def _build_plain_conditions(chosen: PeopleFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if chosen.team is not None:
        conditions.append(_is_in_team(chosen.team))
    if chosen.role is not None:
        conditions.append(or_(ListedPerson.role == chosen.role, ListedPerson.roles.contains([chosen.role])))
    if chosen.campaign is not None:
        conditions.append(ListedPerson.campaign_id == chosen.campaign)
    if chosen.is_active is not None:
        conditions.append(build_is_active() if chosen.is_active else ~build_is_active())
    if chosen.is_invited is not None:
        conditions.append(ListedPerson.is_invited.is_(chosen.is_invited))
    if chosen.ids is not None:
        # One parameter, however many ids.
        conditions.append(ListedPerson.id == any_(literal(list(chosen.ids), ARRAY(Uuid))))
    return conditions


def _is_in_team(team: str) -> ColumnElement[bool]:
    """Return whether the team of the roster or a group is this one; the ids of its people are read first.

    As conditions on the row, the planner would rather read all rows in the order of the list until a page is full.
    """
    member = aliased(ListedPerson)
    ids = select(member.id).where(or_(member.other_teams.contains([team]), member.team == team))
    return ListedPerson.id == any_(func.array(ids.scalar_subquery(), type_=ARRAY(Uuid)))


def _begins_term(term: str) -> ColumnElement[bool]:
    within = and_(SearchTerm.term >= term, SearchTerm.term < term + _LAST_CHARACTER)
    return ListedPerson.id.in_(select(SearchTerm.listed_id).where(within))


def _is_due(due: str, stage: ColumnElement[str], now: datetime) -> ColumnElement[bool]:
    if due == "overdue":
        return build_is_overdue(stage, now)
    if due == "none":
        return ListedPerson.due_on.is_(None)
    today = now.date()
    return and_(ListedPerson.due_on >= today, ListedPerson.due_on <= func.date(today) + 7)


def list_teams() -> list[str]:
    """List the teams of the roster, by name."""
    return list_distinct(ListedPerson.team)
