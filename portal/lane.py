"""A few connections on which each statement is a transaction of its own; knows no table and no application."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from queue import Empty, SimpleQueue
from threading import Lock
from typing import Any, LiteralString

import psycopg
from psycopg.pq import TransactionStatus

# Each is busy for a moment only, and more of them would but queue inside the database.
SIZE = 2
PATIENCE_SECONDS = 5.0

Connection = psycopg.Connection[Any]
_Turn = SimpleQueue[Connection | None]


class Busy(Exception):
    """Nobody gave a connection back in time."""


class Lane:
    """Runs single statements for many callers at once, threads or greenlets, in the order they came.

    SQLAlchemy's pool lets newcomers overtake, so that under load some wait for seconds, and it asks the server
    before each use whether it is still there. This one notices when it is not, and starts again.
    """

    def __init__(self, conninfo: str, size: int = SIZE, *, patience: float = PATIENCE_SECONDS, **options: Any) -> None:
        self._conninfo = conninfo
        self._patience = patience
        self._options = options
        self._lock = Lock()
        self._waiting: deque[_Turn] = deque()
        # None stands for a connection that still has to be opened.
        self._free: list[Connection | None] = [None] * size

    def run(self, statement: LiteralString, values: Mapping[str, object]) -> tuple[Any, ...] | None:
        """Run one statement as a transaction of its own, in a single round trip, and return its first row.

        When the connection turns out to be dead it runs a second time, on a new one, and the first may have been
        kept all the same: only what is harmless to repeat may come here.

        Args:
            statement: with psycopg's placeholders, ``%(name)s``, or ``%(name)b`` for bytes.
            values: by name.

        Raises:
            Busy: all connections stayed in use for ``patience`` seconds.
            psycopg.Error: the statement failed, or no connection can be made.
        """
        connection = self._take()
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
            self._give_back(connection)

    def close(self) -> None:
        """Close the connections nobody uses at the moment; the next statement opens a new one."""
        with self._lock:
            idle, self._free = self._free, [None] * len(self._free)
        for connection in idle:
            if connection is not None:
                connection.close()

    def _take(self) -> Connection | None:
        with self._lock:
            if self._free:
                return self._free.pop()
            turn: _Turn = SimpleQueue()
            self._waiting.append(turn)
        try:
            return turn.get(timeout=self._patience)
        except BaseException as error:
            self._leave(turn)
            if isinstance(error, Empty):
                raise Busy("all connections stayed in use") from None
            raise

    def _leave(self, turn: _Turn) -> None:
        with self._lock:
            if turn in self._waiting:
                self._waiting.remove(turn)
                return
        # It was handed over in the very moment of leaving.
        self._give_back(turn.get_nowait())

    def _give_back(self, connection: Connection | None) -> None:
        if connection is not None and connection.pgconn.transaction_status != TransactionStatus.IDLE:
            connection.close()  # interrupted half-way, or dead
            connection = None
        with self._lock:
            # Handed over, not put down: whoever came a moment ago must not be first.
            if self._waiting:
                self._waiting.popleft().put(connection)
            else:
                self._free.append(connection)
