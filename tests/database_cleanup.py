"""Empties tables between tests, the audit trail included, which no statement of the portal's can; drops databases."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

TRAIL = ("audit_entries", "audit_links")
_END_CONNECTIONS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
_END_SECONDS = 1.0
_POLL_SECONDS = 0.001


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


def drop_database(admin: psycopg.Connection[Any], name: str) -> None:
    """Drop a database, with the connections to it.

    DROP DATABASE waits a tenth of a second, several times the rest of its work, while a connection that was closed just
    before is still ending; so this ends them first and waits for exactly as long as that takes.
    """
    deadline = time.monotonic() + _END_SECONDS
    while admin.execute(_END_CONNECTIONS, [name]).rowcount and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
