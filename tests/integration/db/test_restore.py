"""A backup made by PostgreSQL's own programs is restored whole, into an empty database and without an error."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from demo import postgres_programs
from demo.crowd import create_campaign_people
from demo.postgres import Postgres
from portal import migrations
from tests.factories import NOW

PEOPLE = 60
_TABLES = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1"


def run_program(name: str, *arguments: str) -> None:
    """Run a client program of the wheel; any user may, as it is no server."""
    folder = postgres_programs._find_wheel() / postgres_programs._WHEEL / postgres_programs._INSTALLATION / "bin"
    done = subprocess.run(
        [folder / name, *arguments],
        env=os.environ | {"PGCONNECT_TIMEOUT": "30"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def read_tables(url: str) -> dict[str, list[Any]]:
    """Return the rows of every table, generated columns included."""
    with psycopg.connect(url, connect_timeout=30) as connection:
        names = [name for (name,) in connection.execute(_TABLES).fetchall()]
        query = sql.SQL("SELECT t::text FROM {} AS t ORDER BY 1")
        return {name: connection.execute(query.format(sql.Identifier(name))).fetchall() for name in names}


def test_backup_is_restored_with_every_row(postgres: Postgres, database_url: str, tmp_path: Path) -> None:
    """While rows are read back, the search path is empty, and generated columns are computed anew."""
    url = database_url.replace("+psycopg", "")
    assert create_campaign_people(url, PEOPLE, provider="profilebakery", now=NOW) == PEOPLE
    backup = tmp_path / "backup.sql"
    run_program("pg_dump", "--no-owner", f"--file={backup}", f"--dbname={url}")
    restored = postgres.ensure_database("restored")
    run_program("psql", "--quiet", "--set=ON_ERROR_STOP=1", f"--file={backup}", f"--dbname={restored}")
    expected = read_tables(url)
    assert len(expected["listed_people"]) == PEOPLE
    assert read_tables(restored) == expected
    assert migrations.is_current(restored.replace("postgresql://", "postgresql+psycopg://"))
