"""Brings a database up to date with Alembic; a module of its own, as web processes only compare versions."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text


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
    _vacuum_list(database_url)


def _vacuum_list(database_url: str) -> None:
    """Let the console's counts read indexes alone again, which a migration that rewrites its list ends.

    Autovacuum would come after the next few hundred changes. Takes tenths of a second for 20,000 people. An empty list
    is left alone: PostgreSQL would plan it to stay so, and read it whole for each person whom a session adds.
    """
    engine = create_engine(database_url, connect_args={"connect_timeout": 10}, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        if connection.scalar(text("SELECT EXISTS (SELECT FROM listed_people)")):
            connection.execute(text("VACUUM (ANALYZE, SKIP_LOCKED) listed_people"))
    engine.dispose()
