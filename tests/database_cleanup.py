"""Empties tables between tests, the audit trail included, which no statement of the portal's can."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

TRAIL = ("audit_entries", "audit_links")


@contextmanager
def disable_triggers(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Open a transaction in which no trigger fires, which only a superuser of the database can."""
    with connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")
        yield


def delete_rows(connection: psycopg.Connection[Any], *tables: str) -> None:
    """Delete every row of these tables and of the audit trail."""
    for table in tables:
        connection.execute(f"DELETE FROM {table}")
    with disable_triggers(connection):
        for table in TRAIL:
            connection.execute(f"DELETE FROM {table}")
