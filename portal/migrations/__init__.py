"""The schema's history: brings a database up to date and reports whether it is.

Alembic is imported only to migrate: it costs a web process 11 MB, which only asks for the version.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, text

if TYPE_CHECKING:
    from alembic.config import Config

_FOLDER = Path(__file__).parent


def build_config(database_url: str) -> Config:
    """Build Alembic's configuration for the revisions in this package and one database."""
    from alembic.config import Config

    config = Config()
    # The configuration reads "%" as the beginning of a reference.
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["database_url"] = database_url
    return config


def upgrade(database_url: str) -> None:
    """Bring the database to the newest schema; safe to run again and by two processes at once."""
    from alembic import command

    command.upgrade(build_config(database_url), "head")


@cache
def get_head() -> str:
    """Return the schema version this code expects: the number that the newest revision's file name begins with."""
    return max(path.name.partition("_")[0] for path in (_FOLDER / "versions").glob("*.py"))


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
