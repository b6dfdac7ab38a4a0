"""Runs migrations in one process at a time; Alembic loads this file itself."""

from __future__ import annotations

from alembic import context
from sqlalchemy import create_engine, text

import portal.models  # noqa: F401 - fills the metadata
from portal.db import Base

# Any fixed number will do: it names the lock that keeps two releases from migrating at once.
_LOCK = 7_204_501


def _is_in_models(name: str | None, kind: str, _parents: object) -> bool:
    """Leave out the job queue's tables: they have no models here."""
    return not (kind == "table" and (name or "").startswith("procrastinate_"))


def _run() -> None:
    engine = create_engine(context.config.attributes["database_url"], connect_args={"connect_timeout": 10})
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
        connection.commit()
        context.configure(
            connection=connection, target_metadata=Base.metadata, compare_type=True, include_name=_is_in_models
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _LOCK})
        connection.commit()
    engine.dispose()


_run()
