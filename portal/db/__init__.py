"""The database: engine, transactions and single autonomous statements."""

from portal.db.autonomous import execute_autonomous, execute_best_effort, init_app
from portal.db.connecting import PoolerDetected, check_no_pooler, connect_for_check, get_connection_limit
from portal.db.engine import BEST_EFFORT_OPTIONS, CONNECT_OPTIONS, DATABASE_ERRORS, Base, db
from portal.db.transactions import NestedTransaction, get_driver_connection, release_connection, snapshot, transaction

__all__ = [
    "BEST_EFFORT_OPTIONS",
    "CONNECT_OPTIONS",
    "DATABASE_ERRORS",
    "Base",
    "NestedTransaction",
    "PoolerDetected",
    "check_no_pooler",
    "connect_for_check",
    "db",
    "execute_autonomous",
    "execute_best_effort",
    "get_connection_limit",
    "get_driver_connection",
    "init_app",
    "release_connection",
    "snapshot",
    "transaction",
]
