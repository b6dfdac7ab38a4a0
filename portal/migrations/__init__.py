"""The schema's history: brings a database up to date and reports whether it is."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine


def build_config(database_url: str) -> Config:
    """Build Alembic's configuration for the revisions in this package and one database."""
    config = Config()
    # The configuration reads "%" as the beginning of a reference.
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["database_url"] = database_url
    return config


def upgrade(database_url: str) -> None:
    """Bring the database to the newest schema; safe to run again and by two processes at once."""
    command.upgrade(build_config(database_url), "head")


@cache
def get_head() -> str | None:
    """Return the schema version this code expects."""
    return ScriptDirectory.from_config(build_config("")).get_current_head()


def is_current(database_url: str) -> bool:
    """Return whether the database has exactly the schema this code expects."""
    engine = create_engine(database_url, connect_args={"connect_timeout": 3})
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision() == get_head()
    finally:
        engine.dispose()
