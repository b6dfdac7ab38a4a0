"""Brings a database up to date with Alembic; a module of its own, as web processes only compare versions."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config


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
