"""Fast path: group commit. A few connections run single statements in order of arrival and commit them together.

Measured gain: in a burst 175 instead of 400 µs of the database's processor time a webhook (docs/performance.md).
Tests run both ways. To switch it off, set MAX_BATCH_SIZE to 1: each statement then has its own transaction.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Lock
from typing import Any, LiteralString

import psycopg
from psycopg.pq import TransactionStatus

# Each is busy for a moment only; more of them would only queue inside the database.
CONNECTIONS = 2
TIMEOUT_SECONDS = 5.0
# Above this size a batch saves little more.
MAX_BATCH_SIZE = 32

Connection = psycopg.Connection[Any]
Row = tuple[Any, ...]


class BatcherBusy(Exception):
    """No connection became free in time."""


@dataclass(eq=False)
class PendingStatement:
    """One statement that waits for a connection or for its result.

    Attributes:
        batch_key: orders the statements of one transaction; None for a transaction of its own.
        handover: receives the connection, or None when the statement was run in another caller's batch.
        is_batched: another caller runs it.
    """

    statement: LiteralString
    values: Mapping[str, object]
    batch_key: str | None
    handover: SimpleQueue[Connection | None] = field(default_factory=SimpleQueue)
    is_batched: bool = False
    row: Row | None = None
    error: Exception | None = None

    def execute(self, connection: Connection) -> None:
        """Run it as a transaction of its own."""
        self.row = connection.execute(self.statement, self.values, prepare=True).fetchone()

    def get_result(self) -> Row | None:
        """Return the first row, or raise what the statement failed with."""
        if self.error is not None:
            raise self.error
        return self.row


class StatementBatcher:
    """Runs single statements for many concurrent callers, threads or greenlets, in order of arrival.

    SQLAlchemy's pool lets later callers overtake, so that under load some wait for seconds, and it pings the server
    before each use whether the connection is alive. This class detects a dead connection by the failure of the
    statement, and runs it again on a new one.
    """

    def __init__(
        self,
        conninfo: str,
        size: int = CONNECTIONS,
        *,
        timeout: float = TIMEOUT_SECONDS,
        connect: Callable[..., Connection] = psycopg.connect,
        **options: Any,
    ) -> None:
        """Open nothing yet.

        Args:
            conninfo: psycopg's.
            size: number of connections.
            timeout: seconds a statement waits for a connection.
            connect: opens a connection, with psycopg's arguments.
            options: of every connection, psycopg's.
        """
        self._conninfo = conninfo
        self._timeout = timeout
        self._connect = connect
        self._options = options
        self._lock = Lock()
        self._waiting: deque[PendingStatement] = deque()
        # None stands for a connection that still has to be opened.
        self._free: list[Connection | None] = [None] * size
        # Connections opened since the last close(); another one is closed as soon as its statement has run.
        self._opened: set[Connection] = set()

    def run(
        self, statement: LiteralString, values: Mapping[str, object], *, batch_key: str | None = None
    ) -> Row | None:
        """Run one statement as a transaction of its own, in a single round trip, and return its first row.

        On a dead connection it runs again on a new one, perhaps after a commit: statements must be idempotent.

        Args:
            statement: with psycopg's placeholders, ``%(name)s``, or ``%(name)b`` for bytes.
            values: by name.
            batch_key: allows sharing a transaction with other statements. The order of keys must exclude deadlocks.
                If one statement of a batch fails, each is run in a transaction of its own.

        Raises:
            BatcherBusy: all connections stayed in use until the timeout.
            psycopg.Error: the statement failed, or no connection can be opened.
        """
        own = PendingStatement(statement, values, batch_key)
        connection = self._acquire(own)
        if own.is_batched:
            return own.get_result()
        batch = self._collect_batch(own)
        try:
            if connection is not None:
                try:
                    _execute_batch(batch, connection)
                except psycopg.Error:
                    if not connection.closed:
                        raise
                    connection = None
            if connection is None:
                connection = self._open_connection()
                _execute_batch(batch, connection)
        except BaseException:
            for each in batch:
                each.error = BatcherBusy("the batch it was part of failed")
            raise
        finally:
            self._finish_batch(batch, own, connection)
        return own.get_result()

    def close(self) -> None:
        """Close the idle connections now and those in use after their statement; the next one opens a new one."""
        with self._lock:
            idle, self._free = self._free, [None] * len(self._free)
            self._opened.clear()
        for connection in idle:
            if connection is not None:
                connection.close()

    def _open_connection(self) -> Connection:
        connection = self._connect(self._conninfo, autocommit=True, **self._options)
        with self._lock:
            self._opened = {each for each in self._opened if not each.closed} | {connection}
        return connection

    def _acquire(self, own: PendingStatement) -> Connection | None:
        with self._lock:
            if self._free:
                return self._free.pop()
            self._waiting.append(own)
        try:
            return own.handover.get(timeout=self._timeout)
        except BaseException as error:
            self._cancel(own)
            if isinstance(error, Empty):
                raise BatcherBusy("all connections stayed in use") from None
            raise

    def _cancel(self, own: PendingStatement) -> None:
        with self._lock:
            if own in self._waiting:
                self._waiting.remove(own)
                return
            if own.is_batched:
                return  # it may be committed all the same, as with any statement whose caller stops waiting
        # The connection was handed over in the moment of canceling.
        self._release(own.handover.get_nowait())

    def _collect_batch(self, own: PendingStatement) -> list[PendingStatement]:
        """Return the statements of one transaction: the next waiting ones with a key, up to the first without."""
        batch = [own]
        if own.batch_key is None:
            return batch
        with self._lock:
            while self._waiting and self._waiting[0].batch_key is not None and len(batch) < MAX_BATCH_SIZE:
                joining = self._waiting.popleft()
                joining.is_batched = True
                batch.append(joining)
        return sorted(batch, key=lambda each: each.batch_key or "")

    def _finish_batch(
        self, batch: list[PendingStatement], own: PendingStatement, connection: Connection | None
    ) -> None:
        """Wake the callers whose statements were run, and release the connection."""
        for each in batch:
            if each is not own:
                each.handover.put(None)
        self._release(connection)

    def _release(self, connection: Connection | None) -> None:
        if connection is not None and not self._is_reusable(connection):
            connection.close()
            connection = None
        with self._lock:
            # Handed to the first waiting caller directly, so that no later one can overtake.
            if self._waiting:
                self._waiting.popleft().handover.put(connection)
            else:
                self._free.append(connection)

    def _is_reusable(self, connection: Connection) -> bool:
        """Return False for a connection that was interrupted half-way, is dead, or is older than the last close()."""
        with self._lock:
            is_current = connection in self._opened
            if is_current and connection.pgconn.transaction_status == TransactionStatus.IDLE:
                return True
            self._opened.discard(connection)
        return False


def _execute_batch(batch: Sequence[PendingStatement], connection: Connection) -> None:
    """Run one statement, or several in one transaction and one round trip."""
    for each in batch:
        each.error = None
    if len(batch) == 1:
        batch[0].execute(connection)
        return
    with suppress(psycopg.Error):
        # Without an explicit BEGIN a pipeline is one transaction.
        with connection.pipeline():
            cursors = [connection.execute(each.statement, each.values, prepare=True) for each in batch]
        for each, cursor in zip(batch, cursors, strict=True):
            each.row = cursor.fetchone()
        return
    # One statement failed, and the whole transaction was rolled back.
    for each in batch:
        try:
            each.execute(connection)
        except psycopg.Error as error:
            if connection.closed:
                raise
            each.error = error
