"""Conditions of counts are those of the indexes that are there for them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, text

from portal.db import db
from portal.models import board, monitoring, people_list
from tests.factories import NOW


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


@pytest.mark.parametrize(
    ("count", "index"),
    [
        (monitoring.count_deliveries, "ix_deliveries_stale"),
        (people_list.list_teams, "ix_listed_people_team"),
        (partial(board.count_people, NOW), "ix_listed_people_counted"),
    ],
)
def test_count_reads_an_index(app: Flask, count: Callable[[], object], index: str) -> None:
    assert f"using {index} " in get_plan(count)
