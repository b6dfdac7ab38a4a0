"""Autonomous statements: each commits on its own, independent of the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, LiteralString

from flask import Flask, current_app
from sqlalchemy import event

from portal.db.batching import StatementBatcher
from portal.db.connecting import open_connection, retry_while_full
from portal.db.engine import db

_BATCHER = "statement_batcher"
_BEST_EFFORT_BATCHER = "best_effort_batcher"
_BEST_EFFORT_TIMEOUT_SECONDS = 0.5


def init_app(app: Flask) -> None:
    """Set up the database of the app; no connection is opened before its first use."""
    db.init_app(app)
    with app.app_context():
        engine = db.engine
    conninfo = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    batcher = app.extensions[_BATCHER] = StatementBatcher(
        conninfo, app.config["BATCHER_CONNECTIONS"], connect=open_connection, **app.config["BATCHER_OPTIONS"]
    )
    best_effort = app.extensions[_BEST_EFFORT_BATCHER] = StatementBatcher(
        conninfo, 1, timeout=_BEST_EFFORT_TIMEOUT_SECONDS, **app.config["BEST_EFFORT_OPTIONS"]
    )
    event.listen(
        engine,
        "do_connect",
        lambda dialect, _record, arguments, options: retry_while_full(lambda: dialect.connect(*arguments, **options)),
    )
    # Disposing of the engine closes these connections as well.
    for each in (batcher, best_effort):
        event.listen(engine, "engine_disposed", lambda _engine, each=each: each.close())


def execute_autonomous(
    statement: LiteralString, values: Mapping[str, object], *, batch_key: str | None = None
) -> tuple[Any, ...] | None:
    """Run one statement as its own transaction in a single round trip, and return its first row.

    It may run twice, so repeating it must be harmless. See :meth:`portal.db.batching.StatementBatcher.run` for
    ``batch_key`` and for what is raised.
    """
    batcher: StatementBatcher = current_app.extensions[_BATCHER]
    return batcher.run(statement, values, batch_key=batch_key)


def execute_best_effort(statement: LiteralString, values: Mapping[str, object]) -> tuple[Any, ...] | None:
    """Run one statement as :func:`execute_autonomous` does, on one separate connection and within half a second.

    For statements a request can do without.
    """
    batcher: StatementBatcher = current_app.extensions[_BEST_EFFORT_BATCHER]
    return batcher.run(statement, values)
