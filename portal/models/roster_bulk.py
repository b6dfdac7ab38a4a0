"""Changes of many roster entries in one statement; each returns the entries it changed with their people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, any_, literal, update
from sqlalchemy.dialects.postgresql import ARRAY

from portal.db import db
from portal.models.roster import RosterEntry

# An entry, and its person from their first sign-in on.
Changed = tuple[UUID, UUID | None]


def update_muted(entry_ids: Sequence[UUID], *, is_muted: bool, now: datetime) -> list[Changed]:
    """Switch campaign mails off or on for those entries where they are not yet."""
    is_other = RosterEntry.muted_at.is_(None) if is_muted else RosterEntry.muted_at.is_not(None)
    return _update(entry_ids, is_other, muted_at=now if is_muted else None)


def update_due(entry_ids: Sequence[UUID], due_on: date | None, now: datetime) -> list[Changed]:
    """Set the due date of those entries that have another one."""
    is_other = RosterEntry.due_on.is_distinct_from(due_on)
    return _update(entry_ids, is_other, due_on=due_on, changed_at=now)


def update_team(entry_ids: Sequence[UUID], team: str, now: datetime) -> list[Changed]:
    """Set the team of those entries that have another one."""
    return _update(entry_ids, RosterEntry.team.is_distinct_from(team), team=team, changed_at=now)


def _update(entry_ids: Sequence[UUID], is_other: ColumnElement[bool], **values: Any) -> list[Changed]:
    query = (
        update(RosterEntry)
        .where(RosterEntry.id == any_(literal(list(entry_ids), ARRAY(Uuid))), is_other)
        .values(**values)
        .returning(RosterEntry.id, RosterEntry.person_id)
        .execution_options(synchronize_session=False)
    )
    return [(entry_id, person_id) for entry_id, person_id in db.session.execute(query)]
