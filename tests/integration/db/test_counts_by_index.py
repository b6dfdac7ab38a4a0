"""Counts of the console and of /metrics read narrow indexes, never all rows of a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import event, text

from portal.app import create_app
from portal.db import db
from portal.models import board, monitoring, people_list, provider_account
from portal.models.listed_people import ListedPerson
from portal.models.people_list import PeopleFilter
from tests.factories import NOW


@pytest.fixture
def app(portal_settings: Callable[..., Any], database_url: str) -> Iterator[Flask]:
    app = create_app(portal_settings(), clock=lambda: NOW)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


ROWS = """
INSERT INTO roster_entries (id, address, name, team, source, created_at, changed_at)
SELECT gen_random_uuid(), 'person' || n || '@example.com', 'Person ' || n, 'Team ' || n % 10, 'import', now(), now()
FROM generate_series(1, 5000) AS n;
INSERT INTO deliveries (dedupe_key, provider, received_at, stale, key_id, body_sha256, state)
SELECT 'key ' || n, 'profilebakery', now(), false, 'key', 'digest of a body', 'applied'
FROM generate_series(1, 5000) AS n;
INSERT INTO provider_calls (at, method, path_template, status, duration_ms)
SELECT now(), 'GET', '/organization/models/' || n % 5, 200, n FROM generate_series(1, 5000) AS n
"""


@pytest.fixture
def filled(app: Flask, database_url: str) -> None:
    """Enough rows that reading all of them is not the cheapest, as a vacuum leaves them."""
    with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True, connect_timeout=3) as connection:
        connection.execute(ROWS)
        connection.execute("VACUUM (ANALYZE) listed_people, deliveries, provider_calls")


def get_plan(count: Callable[[], object]) -> str:
    """Return the plan of the last statement that a function executes, where reading all of a table is no choice."""
    connection = db.session.connection()
    connection.execute(text("SET LOCAL enable_seqscan = off"))
    connection.execute(text("SET LOCAL enable_bitmapscan = off"))
    executed: list[tuple[str, Any]] = []

    def record(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        executed.append((statement, parameters))

    event.listen(connection, "before_cursor_execute", record)
    count()
    event.remove(connection, "before_cursor_execute", record)
    statement, parameters = executed[-1]
    return "\n".join(row[0] for row in connection.exec_driver_sql(f"EXPLAIN {statement}", parameters))


COUNTED = "Index Only Scan using ix_listed_people_counted"
MOMENTS = "Index Only Scan using ix_listed_people_moments"
LONG_AGO = NOW - timedelta(days=10_000)
COUNTS: dict[str, tuple[Callable[[], object], str]] = {
    "views": (lambda: people_list.count_views(NOW), COUNTED),
    "stage": (lambda: people_list.count_rows(PeopleFilter(stage="chosen", is_active=True), now=NOW), COUNTED),
    "attention": (lambda: people_list.count_rows(PeopleFilter(attention="any", is_active=True), now=NOW), COUNTED),
    "funnel": (lambda: board.count_by_stage_and_attention(NOW), COUNTED),
    "teams": (lambda: board.count_by_team([f"Team {n}" for n in range(10)], NOW), COUNTED),
    "names of teams": (people_list.list_teams, "Index Only Scan using ix_listed_people_team"),
    "sign-ins by day": (lambda: board.count_by_day(ListedPerson.signed_in_at), MOMENTS),
    "choices by day": (lambda: board.count_by_day(ListedPerson.chosen_at), MOMENTS),
    "latest": (lambda: board.read_latest(NOW), MOMENTS),
    "stale webhooks": (monitoring.count_deliveries, "using ix_deliveries_stale"),
    "calls": (
        lambda: provider_account.list_calls_by_endpoint(LONG_AGO),
        "Index Only Scan using ix_provider_calls_endpoint",
    ),
}


def test_counts_read_indexes(filled: None) -> None:
    missing = {name: get_plan(count) for name, (count, scan) in COUNTS.items() if scan not in get_plan(count)}
    assert missing == {}
