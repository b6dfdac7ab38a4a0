"""Imports of the roster: a list as it was read, its lines with their verdicts, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    String,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, defer, mapped_column

from portal.db import Base, db
from portal.domain.roster_lines import RosterLine, Verdict


class RosterImport(Base):
    """One import.

    Attributes:
        name: of the file; empty for pasted text, and once what the list held is deleted, as it may name a person.
        state: ``reading``, ``ready``, ``scheduled``, ``applying``, ``done``, ``failed`` or ``discarded``.
        version: grows with each decision about it, so that a decision about an older state is refused.
        content: the list as it came, until the import ends.
        columns: index of the column of each field; chosen columns, or those that were recognized.
        header: names of the columns, empty without a line of names and once what the list held is deleted.
        line_count: how many lines there are; ``progress`` of them are read or applied.
        counts: lines by verdict; after the import also ``added``, ``updated`` and ``marked_left``.
        failure: why it cannot be read, a constant; ``failed_line`` is the place.
        marks_absent: whether people who are not in the list are marked as left.
        invites: the campaign that the added people join and are invited to.
        starts_at: when it is to be applied.
    """

    __tablename__ = "roster_imports"
    __table_args__ = (Index("ix_roster_imports_created_at", "created_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    name: Mapped[str]
    state: Mapped[str]
    version: Mapped[int] = mapped_column(default=0, server_default="0")
    content: Mapped[bytes | None]
    encoding: Mapped[str] = mapped_column(default="", server_default="")
    delimiter: Mapped[str] = mapped_column(default="", server_default="")
    columns: Mapped[dict[str, int] | None] = mapped_column(JSONB)
    header: Mapped[list[str]] = mapped_column(JSONB, default=list, server_default="[]")
    line_count: Mapped[int] = mapped_column(default=0, server_default="0")
    progress: Mapped[int] = mapped_column(default=0, server_default="0")
    counts: Mapped[dict[str, int]] = mapped_column(JSONB, default=dict, server_default="{}")
    failure: Mapped[str | None]
    failed_line: Mapped[int | None]
    marks_absent: Mapped[bool] = mapped_column(default=False, server_default="false")
    invites: Mapped[UUID | None] = mapped_column(ForeignKey("campaigns.id", ondelete="SET NULL"))
    starts_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[UUID | None]
    finished_at: Mapped[datetime | None]

    def delete_content(self) -> None:
        """Delete the list as it came, with the names of its file and columns; its lines are rows of their own."""
        self.content, self.name, self.header = None, "", []


class RosterImportLine(Base):
    """One line of an import, see ``portal/domain/roster_lines.py``."""

    __tablename__ = "roster_import_lines"
    __table_args__ = (Index("ix_roster_import_lines_verdict", "import_id", "verdict", "number"),)

    import_id: Mapped[UUID] = mapped_column(ForeignKey("roster_imports.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    verdict: Mapped[str]
    reason: Mapped[str]
    address: Mapped[str]
    name: Mapped[str]
    team: Mapped[str | None]
    employee_number: Mapped[str | None]
    due_on: Mapped[date | None]
    duplicate_of: Mapped[int | None]
    changes: Mapped[list[str]] = mapped_column(ARRAY(String), default=list)


def find_import(import_id: UUID) -> RosterImport | None:
    """Return an import without its content, None if there is none."""
    return db.session.scalar(_select_imports().where(RosterImport.id == import_id))


def lock_import(import_id: UUID) -> RosterImport | None:
    """Return an import without its content, holding other writers until the transaction ends."""
    query = _select_imports().where(RosterImport.id == import_id)
    return db.session.scalar(query.with_for_update().execution_options(populate_existing=True))


def read_content(import_id: UUID) -> bytes | None:
    """Return the list as it came, None if it is deleted."""
    return db.session.scalar(select(RosterImport.content).where(RosterImport.id == import_id))


def list_imports(limit: int) -> list[RosterImport]:
    """List the newest imports, without their content."""
    return list(db.session.scalars(_select_imports().order_by(RosterImport.created_at.desc()).limit(limit)))


def _select_imports() -> Select[RosterImport]:
    return select(RosterImport).options(defer(RosterImport.content, raiseload=True))


def delete_lines(import_id: UUID) -> None:
    """Delete the lines of an import."""
    db.session.execute(delete(RosterImportLine).where(RosterImportLine.import_id == import_id))


def insert_lines(import_id: UUID, lines: Iterable[RosterLine]) -> None:
    """Store lines of an import."""
    rows: list[dict[str, Any]] = [
        {
            "import_id": import_id,
            "number": line.number,
            "text": line.text,
            "verdict": line.verdict.value,
            "reason": line.reason,
            "address": line.address,
            "name": line.name,
            "team": line.team,
            "employee_number": line.employee_number,
            "due_on": line.due_on,
            "duplicate_of": line.duplicate_of,
            "changes": list(line.changes),
        }
        for line in lines
    ]
    if rows:
        db.session.execute(insert(RosterImportLine), rows)


def list_lines(import_id: UUID, verdicts: Iterable[str], *, after: int, limit: int) -> list[RosterImportLine]:
    """List lines with one of these verdicts in their order, those after a line number."""
    query = (
        select(RosterImportLine)
        .where(RosterImportLine.import_id == import_id, RosterImportLine.number > after)
        .where(RosterImportLine.verdict.in_(tuple(verdicts)))
        .order_by(RosterImportLine.number)
        .limit(limit)
    )
    return list(db.session.scalars(query))


def count_changes(import_id: UUID) -> dict[str, int]:
    """Count the changed lines by field."""
    field = func.unnest(RosterImportLine.changes)
    query = (
        select(field, func.count())
        .where(RosterImportLine.import_id == import_id, RosterImportLine.verdict == Verdict.CHANGED)
        .group_by(field)
    )
    return {name: count for name, count in db.session.execute(query)}  # noqa: C416 - rows are no pairs for mypy


_APPLY = text(
    """
    WITH line AS (
        SELECT * FROM roster_import_lines
        WHERE import_id = :import_id AND number > :after AND number <= :last
            AND verdict IN ('new', 'changed', 'returning')
    ), owner AS (
        -- Spelled in other scripts, an address is compared in Python, by roster_joins.join_people.
        SELECT lower(email) AS address, min(id::text)::uuid AS person_id FROM people
        WHERE lower(email) = ANY (SELECT address FROM line WHERE address !~ '[^ -~]|xn--')
        GROUP BY lower(email)
        HAVING count(*) = 1 AND bool_and(deactivated_at IS NULL)
           AND NOT bool_or(EXISTS (SELECT FROM roster_entries AS joined WHERE joined.person_id = people.id))
    ), written AS (
        INSERT INTO roster_entries (id, address, name, team, employee_number, due_on, source, campaign_id,
                                    created_at, changed_at, person_id)
        SELECT gen_random_uuid(), address, name, team, employee_number, due_on, 'import', :campaign_id, :now, :now,
               person_id
        FROM line LEFT JOIN owner USING (address) ORDER BY address
        ON CONFLICT (address) DO UPDATE
        SET name = COALESCE(NULLIF(EXCLUDED.name, ''), roster_entries.name),
            team = COALESCE(EXCLUDED.team, roster_entries.team),
            employee_number = COALESCE(EXCLUDED.employee_number, roster_entries.employee_number),
            due_on = COALESCE(EXCLUDED.due_on, roster_entries.due_on),
            changed_at = EXCLUDED.changed_at,
            left_at = NULL
        WHERE roster_entries.left_at IS NOT NULL
          OR (COALESCE(NULLIF(EXCLUDED.name, ''), roster_entries.name),
               COALESCE(EXCLUDED.team, roster_entries.team),
               COALESCE(EXCLUDED.employee_number, roster_entries.employee_number),
               COALESCE(EXCLUDED.due_on, roster_entries.due_on))
              IS DISTINCT FROM (roster_entries.name, roster_entries.team, roster_entries.employee_number,
                                roster_entries.due_on)
        RETURNING xmax = 0 AS added
    )
    SELECT count(*) FILTER (WHERE added), count(*) FILTER (WHERE NOT added) FROM written
    """
)
# Only the rule for people who never signed in needs it.
_APPLY_LISTED = text(
    """
    UPDATE roster_entries AS entry SET listed_at = :now
    FROM roster_import_lines AS line
    WHERE line.import_id = :import_id AND line.number > :after AND line.number <= :last
      AND line.verdict IN ('new', 'changed', 'known', 'returning') AND entry.address = line.address
      AND entry.person_id IS NULL AND COALESCE(entry.listed_at, '-infinity') < :now
    """
)


def apply_lines(import_id: UUID, *, after: int, last: int, campaign_id: UUID | None, now: datetime) -> tuple[int, int]:
    """Add and change the entries of lines in a range of numbers; return how many were added and changed.

    A line equal to its entry changes ``listed_at`` alone. A person marked as left whom the list names has returned. A
    new entry is joined to the only account with its address, if that is not deactivated and has no entry; the caller
    holds :func:`portal.models.roster.lock_joins`.
    """
    values = {"import_id": import_id, "after": after, "last": last, "campaign_id": campaign_id, "now": now}
    added, changed = db.session.execute(_APPLY, values).one()
    db.session.execute(_APPLY_LISTED, values)
    return added, changed


def find_last_number(import_id: UUID, *, after: int, limit: int) -> int | None:
    """Return the number of the last of the next lines, None if there are no more."""
    numbers = (
        select(RosterImportLine.number)
        .where(RosterImportLine.import_id == import_id, RosterImportLine.number > after)
        .order_by(RosterImportLine.number)
        .limit(limit)
    )
    last: int | None = db.session.scalar(select(func.max(numbers.subquery().c.number)))
    return last


def delete_contents(before: datetime) -> int:
    """Delete what imports read before this time hold; discard those never confirmed; return how many."""
    old = (RosterImport.created_at < before, RosterImport.state.not_in(("scheduled", "applying")))
    waiting = RosterImport.state.in_(("reading", "ready"))
    found = lock_with_contents(*old)
    db.session.execute(update(RosterImport).where(*old, waiting).values(state="discarded"))
    for each in found:
        each.delete_content()
        delete_lines(each.id)
    return len(found)


def lock_with_contents(*conditions: ColumnElement[bool]) -> list[RosterImport]:
    """Return the imports that still hold something of their list, freshly read and holding other writers.

    Who locks roster entries as well locks these first, as when a list is applied.
    """
    query = _select_imports().where(has_contents(), *conditions).order_by(RosterImport.id).with_for_update()
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def has_contents() -> ColumnElement[bool]:
    """Return the condition that an import still holds something of its list that may name people."""
    return or_(
        RosterImport.content.is_not(None),
        RosterImport.name != "",
        RosterImport.header != [],
        exists().where(RosterImportLine.import_id == RosterImport.id),
    )
