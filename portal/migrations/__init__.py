"""The schema's history: the version this code expects, and whether a database has it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from sqlalchemy import create_engine, text


@cache
def get_head() -> str:
    """Return the schema version this code expects: the number that the newest revision's file name begins with."""
    return max(path.name.partition("_")[0] for path in (Path(__file__).parent / "versions").glob("*.py"))


def is_current(database_url: str) -> bool:
    """Return whether the database has exactly the schema this code expects."""
    engine = create_engine(database_url, connect_args={"connect_timeout": 3})
    try:
        with engine.connect() as connection:
            if connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
                return False
            return connection.scalars(text("SELECT version_num FROM alembic_version")).all() == [get_head()]
    finally:
        engine.dispose()
