"""Everything a database holds, for comparing before and after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import psycopg

# Changes caused by any call, regardless of its result: activity of the session, rate limits, and refused webhooks.
SEEN = frozenset({"sessions.active_at", "rate_limits", "webhook_rejections"})
AUDITED = frozenset({"audit_entries", "audit_links"})

Rows = list[dict[str, Any]]
Dump = dict[str, Rows]
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"


def read_database(connection: psycopg.Connection[Any]) -> Dump:
    """Return the rows of every table, the queue's included, as text that can be compared."""
    tables = [name for (name,) in connection.execute(_TABLES)]
    with connection.pipeline():
        cursors = {name: connection.execute(f'SELECT * FROM "{name}"') for name in tables}
    return {name: _read_rows(cursor) for name, cursor in cursors.items()}


def _read_rows(cursor: psycopg.Cursor[Any]) -> Rows:
    names = [column.name for column in cursor.description or ()]
    return [dict(zip(names, map(repr, row), strict=True)) for row in cursor]


def list_changes(before: Dump, after: Dump) -> set[str]:
    """Return what changed: ``table`` where rows came or went, ``table.column`` where values changed."""
    changed: set[str] = set()
    for table in before.keys() | after.keys():
        old, new = before.get(table, []), after.get(table, [])
        # Mostly they are in the same order as well, which is quick to find.
        if old == new or _as_bag(old) == _as_bag(new):
            continue
        if len(old) != len(new):
            changed.add(table)
            continue
        columns = [name for name in old[0] if _column(old, name) != _column(new, name)]
        # The same values, but swapped between rows: that is a change of the table too.
        changed |= {f"{table}.{name}" for name in columns} or {table}
    return changed


def list_unexpected_changes(before: Dump, after: Dump, allowed: Iterable[str]) -> set[str]:
    """Return what changed although it was not to; an allowed table allows its columns."""
    named = set(allowed)
    return {each for each in list_changes(before, after) if each not in named and each.partition(".")[0] not in named}


def remove_columns(rows: Rows, columns: set[str]) -> Counter[tuple[tuple[str, str], ...]]:
    """Return the rows as a bag that can be compared, without some of their columns."""
    return Counter(tuple(sorted((name, row[name]) for name in row.keys() - columns)) for row in rows)


def _as_bag(rows: Rows) -> Counter[tuple[tuple[str, str], ...]]:
    return remove_columns(rows, set())


def _column(rows: Rows, name: str) -> Counter[str]:
    return Counter(row[name] for row in rows)
