"""Opening connections: waits while the server has no free slot, and refuses poolers that share sessions."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any, TypeVar

import psycopg

from portal.db.engine import CONNECT_OPTIONS

# The server reports these without an SQLSTATE that the driver passes on.
_SERVER_FULL = re.compile(r"too many clients|remaining connection slots|too many connections for (role|database)")
_WAIT_SECONDS = 8.0
_RETRY_SECONDS = 0.2
_UNSUPPORTED_OPTIONS = "unsupported startup parameter"
_ATTEMPTS = 3
_CHECKING: dict[str, Any] = {"autocommit": True, **CONNECT_OPTIONS}
_LIMIT = """
    SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int,
           (SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user),
           (SELECT datconnlimit FROM pg_database WHERE datname = current_database())
"""
_Connection = TypeVar("_Connection")


class PoolerDetected(Exception):
    """The database address leads to a pooler that gives each transaction another session."""

    def __init__(self) -> None:
        super().__init__(
            "DATABASE_URL leads to a connection pooler in transaction mode (PgBouncer or alike). The portal needs "
            "sessions of its own: it uses LISTEN, advisory locks, prepared statements and connection options. Use the "
            "database's direct address, or a pooler in session mode"
        )


def open_connection(conninfo: str, **options: Any) -> psycopg.Connection[Any]:
    """Open a connection; while the server is full, wait some seconds for a slot.

    Raises:
        psycopg.Error: no connection can be opened.
    """
    return retry_while_full(lambda: psycopg.connect(conninfo, **options))


def retry_while_full(attempt: Callable[[], _Connection]) -> _Connection:
    """Call ``attempt`` again while the server refuses it for want of a slot; during a deploy two sets run."""
    deadline = time.monotonic() + _WAIT_SECONDS
    while True:
        try:
            return attempt()
        except psycopg.OperationalError as error:
            if not _SERVER_FULL.search(str(error)) or time.monotonic() > deadline:
                raise
        time.sleep(_RETRY_SECONDS)


def check_no_pooler(database_url: str) -> None:
    """Open two connections and compare their sessions: in transaction mode both are served by the same one.

    Raises:
        PoolerDetected: they are.
        psycopg.Error: the database cannot be reached.
    """
    conninfo = _get_conninfo(database_url)
    try:
        with open_connection(conninfo, **_CHECKING) as first, open_connection(conninfo, **_CHECKING) as second:
            for _ in range(_ATTEMPTS):
                if _get_session(first) == _get_session(second):
                    raise PoolerDetected
    except psycopg.OperationalError as error:
        if _UNSUPPORTED_OPTIONS in str(error):
            raise PoolerDetected from None
        raise


def _get_session(connection: psycopg.Connection[Any]) -> int:
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    return int(row[0]) if row else 0


def get_connection_limit(database_url: str) -> int:
    """Return how many connections this role may open to this database at most.

    Raises:
        psycopg.Error: the database cannot be reached.
    """
    with open_connection(_get_conninfo(database_url), **_CHECKING) as connection:
        server, role, database = connection.execute(_LIMIT).fetchone() or (0, -1, -1)
    # -1 means no limit.
    return min(limit for limit in (server, role, database) if limit >= 0)


def connect_for_check(database_url: str) -> psycopg.Connection[Any]:
    """Open a connection of its own for a few reads of a health check.

    Raises:
        psycopg.Error: the database cannot be reached.
    """
    return open_connection(_get_conninfo(database_url), **_CHECKING)


def _get_conninfo(database_url: str) -> str:
    return re.sub(r"^postgresql\+psycopg:", "postgresql:", database_url)
