"""The database handle and the unit of work: the only place that commits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, DateTime, LargeBinary, MetaData, Text, Uuid, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Session

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


# The connections on which a statement is a transaction of its own.
ALONE = "alone"

FAULTS = (DBAPIError, PoolTimeout, psycopg.Error)
"""Whatever a statement can fail with, the pools' own complaint that all connections are busy included."""


def init_app(app: Flask) -> None:
    """Give the app its connections; none is opened before it is used."""
    db.init_app(app)
    with app.app_context():
        engines = db.engines
    # Whoever closes the connections of the one closes those of the other.
    event.listen(engines[None], "engine_disposed", lambda _engine: engines[ALONE].dispose())


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

    Nobody checks the connection beforehand. When it turns out to be dead the statement runs a second time, on a
    new one, and the first may have been kept all the same: only what is harmless to repeat may come here.

    Args:
        statement: with psycopg's placeholders, ``%(name)s``, or ``%(name)b`` for bytes.

    Raises:
        psycopg.Error, DBAPIError, PoolTimeout: as in ``FAULTS``.
    """
    for is_last in (False, True):
        borrowed = db.engines[ALONE].raw_connection()
        connection = borrowed.driver_connection
        assert isinstance(connection, psycopg.Connection)  # noqa: S101 - the URL allows no other driver
        try:
            return connection.execute(statement, values, prepare=True).fetchone()
        except psycopg.Error:
            if is_last or not connection.closed:
                raise
            # The others have most likely died with it.
            db.engines[ALONE].dispose()
        finally:
            borrowed.close()
    raise AssertionError("unreachable")


def release() -> None:
    """Give the connection back to the pool, so that nothing is held during an outside call or a stream."""
    db.session.remove()


def driver_connection() -> psycopg.Connection[Any]:
    """Return the psycopg connection of the running unit of work."""
    connection = db.session().connection().connection.driver_connection
    assert isinstance(connection, psycopg.Connection)  # noqa: S101 - the URL allows no other driver
    return connection
