"""Migrations go both ways, and two releases at once make one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command

from portal import migrations
from portal.migrations import runner
from tests.integration.core.processes import build_environment, run_process
from tests.waiting import wait_until

_PEOPLE = """
    INSERT INTO people (id, issuer, subject, email, name, groups, role, roles, locale, version, created_at,
                        signed_in_at)
    SELECT gen_random_uuid(), 'https://id.example', n, 'person' || n || '@example.com', 'Person ' || n, '{}',
           'employee', '{}', 'en', 0, now(), now()
    FROM generate_series(1, 300) AS n
"""
_CAMPAIGN = """
    INSERT INTO campaigns (id, name, state, audience, reminders, created_at)
    VALUES (gen_random_uuid(), 'Spring', %(state)s, %(audience)s, '{}', now())
"""


def test_migrations_run_up_down_and_up_again(postgres: Any) -> None:
    url = postgres.ensure_database("migrated_there_and_back").replace("postgresql://", "postgresql+psycopg://")
    config = runner.build_config(url)
    runner.upgrade(url)
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True, connect_timeout=30) as connection:
        before = list_relations(connection)
        command.downgrade(config, "base")
        assert list_relations(connection) == [("alembic_version",)]
        assert connection.execute("SELECT proname FROM pg_proc WHERE proname LIKE 'procrastinate%'").fetchall() == []
        runner.upgrade(url)
        assert list_relations(connection) == before
    assert migrations.is_current(url)


def test_no_table_is_planned_to_stay_empty(database_url: str) -> None:
    """What a vacuum finds empty is: a session that adds 20,000 people would read all before them for each."""
    with psycopg.connect(database_url.replace("+psycopg", ""), connect_timeout=30) as connection:
        sizes = connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
            "AND relkind = 'r' AND relpages = 0 AND reltuples = 0"
        ).fetchall()
        assert sizes == []


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


@pytest.mark.parametrize("revision", ["0020", "head"])
def test_refresh_of_many_people_takes_no_lock_for_each(revision: str, postgres: Any) -> None:
    """The server's table of locks has some 7,000 places by default, and an upgrade refreshes all people at once."""
    url = postgres.ensure_database(f"refreshed_at_{revision}")
    command.upgrade(runner.build_config(url.replace("postgresql://", "postgresql+psycopg://")), revision)
    with psycopg.connect(url, connect_timeout=30) as connection:
        connection.execute(_PEOPLE)
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        connection.commit()
        connection.execute("SELECT refresh_listed_person(id) FROM people")
        locks = connection.execute(
            "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype IN ('advisory', 'tuple')"
        ).fetchone()
        assert locks == (0,)
        assert connection.execute("SELECT count(*) FROM listed_people").fetchone() == (300,)


def test_later_of_two_transactions_lists_what_the_earlier_wrote(database_url: str) -> None:
    url = database_url.replace("+psycopg", "")
    with (
        psycopg.connect(url, autocommit=True, connect_timeout=30) as observer,
        psycopg.connect(url, connect_timeout=30) as first,
        psycopg.connect(url, connect_timeout=30) as second,
        ThreadPoolExecutor(1) as executor,
    ):
        observer.execute(_PEOPLE)
        first.execute("UPDATE people SET role = 'manager' WHERE subject = '7'")
        first.execute("SET CONSTRAINTS ALL IMMEDIATE")
        waiting = executor.submit(_list_person_7, second)
        query = "SELECT 1 FROM pg_locks WHERE NOT granted AND pid = %s"
        wait_until(lambda: bool(observer.execute(query, (second.info.backend_pid,)).fetchall()))
        first.commit()
        waiting.result(30)
        found = observer.execute("SELECT role, team FROM listed_people WHERE team = 'Navy'")
        assert found.fetchall() == [("manager", "Navy")]


def _list_person_7(connection: psycopg.Connection[Any]) -> None:
    connection.execute(
        "INSERT INTO roster_entries (id, address, source, created_at, changed_at, person_id, team) "
        "SELECT gen_random_uuid(), email, 'import', now(), now(), id, 'Navy' FROM people WHERE subject = '7'"
    )
    connection.commit()


def test_moments_of_people_already_listed_are_derived_up_and_down(postgres: Any) -> None:
    url = postgres.ensure_database("migrated_with_people")
    config = runner.build_config(url.replace("postgresql://", "postgresql+psycopg://"))
    command.upgrade(config, "0049")
    with psycopg.connect(url, autocommit=True, connect_timeout=30) as connection:
        connection.execute(_PEOPLE)
        for _ in range(2):
            command.upgrade(config, "0050")
            query = (
                "SELECT count(*) FROM listed_people WHERE is_invited AND late_at IS NULL AND stage_since = signed_in_at"
            )
            assert connection.execute(query).fetchall() == [(300,)]
            command.downgrade(config, "0049")
        assert connection.execute("SELECT count(*) FROM listed_people WHERE reason IS NULL").fetchall() == [(300,)]


def test_searches_of_ended_campaigns_and_calls_so_far_are_brought_along(postgres: Any) -> None:
    url = postgres.ensure_database("migrated_with_rows")
    config = runner.build_config(url.replace("postgresql://", "postgresql+psycopg://"))
    command.upgrade(config, "0045")
    with psycopg.connect(url, autocommit=True, connect_timeout=30) as connection:
        for state in ("ended", "running"):
            connection.execute(_CAMPAIGN, {"state": state, "audience": '{"roster": {"search": "ada"}, "ids": []}'})
        for at, status, milliseconds in (
            ("2026-11-20 23:59:59+00", 200, 10),
            ("2026-11-21 00:00:00+00", 429, 20),
            ("2026-11-21 01:30:00+02", None, 1000),
        ):
            connection.execute(
                "INSERT INTO provider_calls (at, method, path_template, status, duration_ms) "
                "VALUES (%s, 'GET', '/x', %s, %s)",
                (at, status, milliseconds),
            )
        command.upgrade(config, "head")
        audiences = dict(connection.execute("SELECT state, audience FROM campaigns").fetchall())
        assert audiences["ended"] == {"ids": [], "search_deleted": True}
        assert audiences["running"] == {"ids": [], "roster": {"search": "ada"}}
        totals = connection.execute(
            "SELECT day::text, calls, failed, rate_limited, slow, duration_ms FROM provider_call_totals ORDER BY day"
        )
        assert totals.fetchall() == [("2026-11-20", 2, 1, 0, 1, 1010), ("2026-11-21", 1, 1, 1, 0, 20)]
