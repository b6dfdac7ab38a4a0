"""The database handle and the unit of work: the only place that commits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from flask import Flask, current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, DateTime, LargeBinary, MetaData, Text, Uuid, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Session

from portal.db.batching import Busy, StatementBatcher

_LANE = "lane"
_SIDE_LANE = "side_lane"
_SIDE_LANE_PATIENCE = 0.5

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The parent of every table."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads this attribute by name
        datetime: DateTime(timezone=True),
        str: Text(),
        bytes: LargeBinary(),
        int: BigInteger(),
        UUID: Uuid(as_uuid=True),
    }


db = SQLAlchemy(metadata=Base.metadata, session_options={"expire_on_commit": False})


# Milliseconds. By the second nobody waits for the locks of a process that froze with a transaction open.
_LIMITS = "-c statement_timeout=15000 -c idle_in_transaction_session_timeout=20000"
CONNECT = {"connect_timeout": 3, "options": _LIMITS}
"""What every connection to the database is opened with, whoever opens it."""

FAULTS = (DBAPIError, PoolTimeout, psycopg.Error, Busy)
"""Whatever a statement can fail with, also when all connections stay busy."""


def init_app(app: Flask) -> None:
    """Give the app its connections; none is opened before it is used."""
    db.init_app(app)
    with app.app_context():
        engine = db.engine
    conninfo = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    lane = app.extensions[_LANE] = StatementBatcher(conninfo, **app.config["LANE_OPTIONS"])
    side = app.extensions[_SIDE_LANE] = StatementBatcher(
        conninfo, 1, patience=_SIDE_LANE_PATIENCE, **app.config["SIDE_LANE_OPTIONS"]
    )
    # Whoever closes the connections of the one closes those of the others.
    for each in (lane, side):
        event.listen(engine, "engine_disposed", lambda _engine, each=each: each.close())


@contextmanager
def transaction() -> Iterator[Session]:
    """Run a block as one atomic unit: all of it is kept, or none of it."""
    session: Session = db.session()
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise


@contextmanager
def snapshot() -> Iterator[Session]:
    """Run a block that only reads, and sees everything as it was at one moment, whatever others commit meanwhile."""
    release()
    session: Session = db.session()
    try:
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        yield session
    finally:
        release()


def execute_autonomous(
    statement: LiteralString, values: Mapping[str, object], *, together: str | None = None
) -> tuple[Any, ...] | None:
    """Run one statement as a transaction of its own, in a single round trip, and return its first row.

    With ``together`` it may share the transaction with others that wait as well. It may run twice, so it must be
    harmless to repeat; see :meth:`portal.db.batching.Lane.run` for all the rest.
    """
    lane: StatementBatcher = current_app.extensions[_LANE]
    return lane.run(statement, values, together=together)


def run_in_passing(statement: LiteralString, values: Mapping[str, object]) -> tuple[Any, ...] | None:
    """Run one statement as :func:`run_alone` does, but soon or not at all, and in nobody's way.

    For what a request can do without: it has one connection of its own and gives up after a fraction of a second.
    """
    lane: StatementBatcher = current_app.extensions[_SIDE_LANE]
    return lane.run(statement, values)


def release() -> None:
    """Give the connection back to the pool, so that nothing is held during an outside call or a stream."""
    db.session.remove()


def driver_connection() -> psycopg.Connection[Any]:
    """Return the psycopg connection of the running unit of work."""
    connection = db.session().connection().connection.driver_connection
    assert isinstance(connection, psycopg.Connection)  # noqa: S101 - the URL allows no other driver
    return connection
