"""The database: engine, transactions and single autonomous statements."""

from portal.db.autonomous import execute_autonomous, execute_best_effort, init_app
from portal.db.engine import CONNECT_OPTIONS, DATABASE_ERRORS, Base, db
from portal.db.transactions import NestedTransaction, get_driver_connection, release_connection, snapshot, transaction

__all__ = [
    "CONNECT_OPTIONS",
    "DATABASE_ERRORS",
    "Base",
    "NestedTransaction",
    "db",
    "execute_autonomous",
    "execute_best_effort",
    "get_driver_connection",
    "init_app",
    "release_connection",
    "snapshot",
    "transaction",
]
