"""The database handle and the unit of work: the only place that commits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from queue import Empty, SimpleQueue
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from flask import Flask, current_app
from flask_sqlalchemy import SQLAlchemy
from psycopg.pq import TransactionStatus
from sqlalchemy import BigInteger, DateTime, LargeBinary, MetaData, Text, Uuid, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Session

_LANE = "lane"
# Each is busy for a moment only, and more of them would but queue inside the database.
_LANE_SIZE = 3
_PATIENCE_SECONDS = 5.0

_Connection = psycopg.Connection[Any]
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


FAULTS = (DBAPIError, PoolTimeout, psycopg.Error)
"""Whatever a statement can fail with, also when all connections stay busy."""


class Lane:
    """A few connections of a process on which each statement is a transaction of its own.

    Callers get their turn in the order they came. SQLAlchemy's pool lets newcomers overtake, and asks the
    server before each use whether it is still there; this one finds out, and starts again.
    """

    def __init__(self, conninfo: str, size: int, **options: Any) -> None:
        self._conninfo = conninfo
        self._options = options
        self._slots: SimpleQueue[_Connection | None] = SimpleQueue()
        for _ in range(size):
            self._slots.put(None)

    def run(self, statement: LiteralString, values: Mapping[str, object]) -> tuple[Any, ...] | None:
        """Run one statement and return its first row; see :func:`run_alone`."""
        try:
            connection = self._slots.get(timeout=_PATIENCE_SECONDS)
        except Empty:
            raise PoolTimeout("all connections stayed busy") from None
        try:
            if connection is not None:
                try:
                    return connection.execute(statement, values, prepare=True).fetchone()
                except psycopg.Error:
                    if not connection.closed:
                        raise
            connection = psycopg.connect(self._conninfo, autocommit=True, **self._options)
            return connection.execute(statement, values, prepare=True).fetchone()
        finally:
            self._slots.put(_still_good(connection))

    def close(self) -> None:
        """Close the connections nobody uses at the moment; the next statement opens a new one."""
        for _ in range(self._slots.qsize()):
            with suppress(Empty):
                connection = self._slots.get_nowait()
                if connection is not None:
                    connection.close()
                self._slots.put(None)


def _still_good(connection: _Connection | None) -> _Connection | None:
    if connection is None or connection.pgconn.transaction_status == TransactionStatus.IDLE:
        return connection
    connection.close()  # interrupted half-way, or dead
    return None


def init_app(app: Flask) -> None:
    """Give the app its connections; none is opened before it is used."""
    db.init_app(app)
    with app.app_context():
        engine = db.engine
    conninfo = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    lane = app.extensions[_LANE] = Lane(conninfo, _LANE_SIZE, **app.config["LANE_OPTIONS"])
    # Whoever closes the connections of the one closes those of the other.
    event.listen(engine, "engine_disposed", lambda _engine: lane.close())


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


def run_alone(statement: LiteralString, values: Mapping[str, object]) -> tuple[Any, ...] | None:
    """Run one statement as a transaction of its own, in a single round trip, and return its first row.

    When the connection turns out to be dead it runs a second time, on a new one, and the first may have been kept
    all the same: only what is harmless to repeat may come here.

    Args:
        statement: with psycopg's placeholders, ``%(name)s``, or ``%(name)b`` for bytes.
        values: by name.

    Raises:
        psycopg.Error, PoolTimeout: as in ``FAULTS``.
    """
    lane: Lane = current_app.extensions[_LANE]
    return lane.run(statement, values)


def release() -> None:
    """Give the connection back to the pool, so that nothing is held during an outside call or a stream."""
    db.session.remove()


def driver_connection() -> psycopg.Connection[Any]:
    """Return the psycopg connection of the running unit of work."""
    connection = db.session().connection().connection.driver_connection
    assert isinstance(connection, psycopg.Connection)  # noqa: S101 - the URL allows no other driver
    return connection
