"""Locks held by a connection of their own, so that they end with the process that holds them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text

from portal.db import db


@contextmanager
def acquire_exclusive(name: str) -> Iterator[bool]:
    """Yield True in one process at a time and False in all others; a killed holder lets go by dying."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        values = {"name": f"portal:{name}"}
        is_acquired = connection.scalar(text("SELECT pg_try_advisory_lock(hashtextextended(:name, 0))"), values)
        try:
            yield bool(is_acquired)
        finally:
            if is_acquired:
                connection.execute(text("SELECT pg_advisory_unlock(hashtextextended(:name, 0))"), values)
