"""Counts and orders of the list are those of the indexes that are there for them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import event, text

from portal.db import db
from portal.migrations import runner
from portal.models import board, monitoring, people_counts, people_list
from portal.models.listed_people import ListedPerson
from portal.models.people_list import PeopleFilter, Sort
from tests.factories import NOW

# Wide, as rows of the list are: an index costs less than they.
_PEOPLE = """
    INSERT INTO listed_people
        (id, name, sort_name, email, teams, roles, agreed_versions, terms, signed_in_at, chosen_at)
    SELECT gen_random_uuid(), name, name, name, '{}', '{}', '{}', '{}', at, at
    FROM generate_series(timestamptz '2026-01-01', '2026-12-31', '6 hours') AS at, repeat('a', 200) AS name
"""


@pytest.fixture
def listed(database_url: str) -> None:
    """A list too long for one page, after a release."""
    with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True) as connection:
        # A vacuum marks no page whose rows are not on disk yet.
        connection.execute("SET synchronous_commit = on")
        connection.execute(_PEOPLE)
    runner.upgrade(database_url)


def get_plan(count: Callable[[], object]) -> str:
    """Return the plan of the last statement that a function executes, where no table is read whole."""
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


list_by = partial(people_list.list_rows, PeopleFilter(is_active=True), now=NOW, limit=10)


@pytest.mark.parametrize(
    ("count", "scan"),
    [
        (monitoring.count_deliveries, "using ix_deliveries_stale"),
        (people_list.list_teams, "Index Only Scan using ix_listed_people_team"),
        (partial(people_counts.count_people, NOW), "Index Only Scan using ix_listed_people_counted"),
        (partial(people_counts.count_people, NOW), "Index Only Scan using ix_listed_people_late_at"),
        (partial(people_counts.count_views, NOW), "Index Only Scan using ix_listed_people_counted"),
        (partial(list_by, sort=Sort.SINCE), "Index Scan using ix_listed_people_stage_since"),
        (partial(list_by, sort=Sort.SINCE), "Index Scan using ix_listed_people_without_consent"),
        (partial(list_by, sort=Sort.SINCE, descending=True), "Index Scan Backward using ix_listed_people_stage_since"),
        (partial(list_by, sort=Sort.TEAM), "Index Scan using ix_listed_people_team_order"),
        (partial(list_by, sort=Sort.DUE), "Index Scan using ix_listed_people_due_on"),
        (partial(list_by, sort=Sort.REMINDED), "Index Scan using ix_listed_people_reminder_count"),
        (partial(board.count_by_day, ListedPerson.signed_in_on), "Index Only Scan using ix_listed_people_signed_in_on"),
        (partial(board.count_by_day, ListedPerson.chosen_on), "Index Only Scan using ix_listed_people_chosen_on"),
        (board.read_last_move, "Index Only Scan Backward using ix_listed_people_moved_at"),
        (partial(board.count_chosen, NOW), "Index Scan using ix_listed_people_chosen_on"),
    ],
)
def test_count_reads_an_index(listed: None, app: Flask, count: Callable[[], object], scan: str) -> None:
    assert f"{scan} " in get_plan(count)
