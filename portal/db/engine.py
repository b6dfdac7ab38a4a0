"""The database engine, the declarative base for tables, and the options of all connections."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import psycopg
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, DateTime, LargeBinary, MetaData, Text, Uuid
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase

from portal.db.batching import BatcherBusy

_NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The declarative base for tables."""

    metadata = MetaData(naming_convention=_NAMING_CONVENTION)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads this attribute by name
        datetime: DateTime(timezone=True),
        str: Text(),
        bytes: LargeBinary(),
        int: BigInteger(),
        UUID: Uuid(as_uuid=True),
    }


db = SQLAlchemy(metadata=Base.metadata, session_options={"expire_on_commit": False})


# Milliseconds. The second limit frees the locks of a process that froze with a transaction open.
_SERVER_OPTIONS = "-c statement_timeout=15000 -c idle_in_transaction_session_timeout=20000"
CONNECT_OPTIONS = {"connect_timeout": 3, "options": _SERVER_OPTIONS}
"""Options of every connection to the database."""

BEST_EFFORT_OPTIONS = {"connect_timeout": 2, "options": "-c statement_timeout=500", "tcp_user_timeout": 2000}
"""Options of the connection for statements a request can do without."""

DATABASE_ERRORS = (DBAPIError, PoolTimeout, psycopg.Error, BatcherBusy)
"""Everything a statement can fail with, including that all connections stayed busy."""
