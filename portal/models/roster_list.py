"""The roster as a list: filters, pages in the order of addresses, and how many entries are in each state."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, true

from portal.db import db
from portal.domain.roster_filter import STATES, RosterFilter
from portal.models.roster import RosterEntry


@dataclass(frozen=True)
class RosterPage:
    """One page; ``after`` is the id of its last entry if another page follows."""

    entries: list[RosterEntry]
    after: UUID | None


def build_conditions(state: str) -> ColumnElement[bool]:
    """Return the condition of a state."""
    entry = RosterEntry
    is_active = entry.left_at.is_(None)
    conditions = {
        "waiting": and_(is_active, entry.invited_at.is_(None), entry.person_id.is_(None)),
        "invited": and_(is_active, entry.invited_at.is_not(None), entry.person_id.is_(None)),
        "signed_in": and_(is_active, entry.person_id.is_not(None)),
        "muted": and_(is_active, entry.muted_at.is_not(None)),
        "bounced": and_(is_active, entry.bounced_at.is_not(None)),
        "left": entry.left_at.is_not(None),
    }
    return conditions[state]


def list_entries(filters: RosterFilter, *, after: UUID | None, limit: int) -> RosterPage:
    """List one page of entries in the order of their addresses."""
    query = select(RosterEntry).where(match_filter(filters)).order_by(RosterEntry.address).limit(limit + 1)
    if after is not None:
        last = select(RosterEntry.address).where(RosterEntry.id == after).scalar_subquery()
        query = query.where(RosterEntry.address > last)
    found = list(db.session.scalars(query))
    return RosterPage(found[:limit], found[limit - 1].id if len(found) > limit else None)


def match_filter(filters: RosterFilter) -> ColumnElement[bool]:
    """Return the condition of the entries that a filter lists."""
    conditions: list[ColumnElement[bool]] = [true()]
    if filters.search is not None:
        conditions.append(_match_search(filters.search))
    if filters.team is not None:
        conditions.append(RosterEntry.team == filters.team)
    if filters.state is not None:
        conditions.append(build_conditions(filters.state))
    return and_(*conditions)


def _match_search(text: str) -> ColumnElement[bool]:
    lowered = text.lower()
    name = func.lower(RosterEntry.name)
    return or_(
        RosterEntry.address.startswith(lowered, autoescape=True),
        name.startswith(lowered, autoescape=True),
        name.contains(f" {lowered}", autoescape=True),
        func.lower(RosterEntry.employee_number) == lowered,
    )


def count_states() -> dict[str, int]:
    """Count the entries in each state, and ``all``."""
    counted = [func.count().filter(build_conditions(state)) for state in STATES]
    total, *counts = db.session.execute(select(func.count(), *counted).select_from(RosterEntry)).one()
    return {"all": total, **dict(zip(STATES, counts, strict=True))}
