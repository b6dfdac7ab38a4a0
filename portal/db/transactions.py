"""Transactions: the only code that commits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy.orm import Session

from portal.db.engine import db

_IS_OPEN = "portal_transaction"


class NestedTransaction(RuntimeError):
    """A transaction was begun inside another one; the inner one would commit the work of the outer."""


@contextmanager
def transaction() -> Iterator[Session]:
    """Run a block as one transaction: commit at its end, roll back if it raises.

    Afterwards the connection is back in the pool, and every object read in the block is detached: its loaded attributes
    stay readable.

    Raises:
        NestedTransaction: another transaction of this context is open.
    """
    session = _begin()
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        db.session.remove()


@contextmanager
def snapshot() -> Iterator[Session]:
    """Run a block that only reads and sees the database as of one moment, despite commits of others.

    Raises:
        NestedTransaction: another transaction of this context is open.
    """
    _refuse_nesting()
    # A read before this block may have begun a transaction with the usual isolation level.
    db.session.remove()
    session = _begin()
    try:
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        yield session
    finally:
        db.session.remove()


def release_connection() -> None:
    """Return the connection to the pool after reads outside of a transaction, before an outside call or a stream."""
    _refuse_nesting()
    db.session.remove()


def get_driver_connection() -> psycopg.Connection[Any]:
    """Return the psycopg connection of the running transaction."""
    connection = db.session().connection().connection.driver_connection
    assert isinstance(connection, psycopg.Connection)  # noqa: S101 - the URL allows no other driver
    return connection


def _begin() -> Session:
    _refuse_nesting()
    session: Session = db.session()
    session.info[_IS_OPEN] = True
    return session


def _refuse_nesting() -> None:
    if db.session.registry.has() and db.session.info.get(_IS_OPEN):
        raise NestedTransaction("a transaction is already open in this context")
