"""Migrations go both ways, and two releases at once make one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
from alembic import command

from portal import migrations
from portal.migrations import runner
from tests.integration.core.processes import build_environment, run_process


def test_migrations_run_up_down_and_up_again(postgres: Any) -> None:
    url = postgres.ensure_database("migrated_there_and_back").replace("postgresql://", "postgresql+psycopg://")
    config = runner.build_config(url)
    runner.upgrade(url)
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True, connect_timeout=3) as connection:
        before = list_relations(connection)
        command.downgrade(config, "base")
        assert list_relations(connection) == [("alembic_version",)]
        assert connection.execute("SELECT proname FROM pg_proc WHERE proname LIKE 'procrastinate%'").fetchall() == []
        runner.upgrade(url)
        assert list_relations(connection) == before
    assert migrations.is_current(url)


def list_relations(connection: psycopg.Connection[Any]) -> list[Any]:
    return connection.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i') "
        "AND relname <> 'alembic_version_pkc' ORDER BY 1"
    ).fetchall()


def test_two_releases_at_once_migrate_once(postgres: Any, tmp_path: Path) -> None:
    url = postgres.ensure_database("migrated_by_two")
    env, log = build_environment(url, tmp_path), tmp_path / "migrate.log"
    with (
        run_process(["-m", "portal", "migrate"], env, log) as first,
        run_process(["-m", "portal", "migrate"], env, log) as second,
    ):
        assert (first.wait(60), second.wait(60)) == (0, 0), log.read_text()
    assert migrations.is_current(url.replace("postgresql://", "postgresql+psycopg://"))
