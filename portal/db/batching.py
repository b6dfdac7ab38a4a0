"""A few connections for single statements, which wait in order and may travel together; knows no application."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Lock
from typing import Any, LiteralString

import psycopg
from psycopg.pq import TransactionStatus

# Each is busy for a moment only, and more of them would but queue inside the database.
SIZE = 2
PATIENCE_SECONDS = 5.0
# So many statements share a transaction at most; beyond it there is little left to save.
PARTY = 32

Connection = psycopg.Connection[Any]
Row = tuple[Any, ...]


class Busy(Exception):
    """Nobody gave a connection back in time."""


@dataclass(eq=False)
class _Errand:
    """One statement that somebody wants run.

    Attributes:
        together: its place among others in one transaction; None wants a transaction for itself.
        turn: gets the connection it waits for, or else None when somebody else has run it.
        is_carried: somebody else runs it.
    """

    statement: LiteralString
    values: Mapping[str, object]
    batch_key: str | None
    turn: SimpleQueue[Connection | None] = field(default_factory=SimpleQueue)
    is_carried: bool = False
    row: Row | None = None
    error: Exception | None = None

    def run(self, connection: Connection) -> None:
        """Run it as a transaction of its own."""
        self.row = connection.execute(self.statement, self.values, prepare=True).fetchone()

    def outcome(self) -> Row | None:
        """Return the first row of what was run, or raise what went wrong."""
        if self.error is not None:
            raise self.error
        return self.row


class StatementBatcher:
    """Runs single statements for many callers at once, threads or greenlets, in the order they came.

    SQLAlchemy's pool lets newcomers overtake, so that under load some wait for seconds, and it asks the server
    before each use whether it is still there. This one notices when it is not, and starts again.
    """

    def __init__(self, conninfo: str, size: int = SIZE, *, patience: float = PATIENCE_SECONDS, **options: Any) -> None:
        self._conninfo = conninfo
        self._patience = patience
        self._options = options
        self._lock = Lock()
        self._waiting: deque[_Errand] = deque()
        # None stands for a connection that still has to be opened.
        self._free: list[Connection | None] = [None] * size

    def run(self, statement: LiteralString, values: Mapping[str, object], *, together: str | None = None) -> Row | None:
        """Run one statement as a transaction of its own, in a single round trip, and return its first row.

        When the connection turns out to be dead it runs a second time, on a new one, and the first may have been
        kept all the same: only what is harmless to repeat may come here.

        Args:
            statement: with psycopg's placeholders, ``%(name)s``, or ``%(name)b`` for bytes.
            values: by name.
            together: lets it share a transaction with others that wait at the same moment, in the order of these
                texts: it must be one by which two transactions never wait for each other. If one of them fails,
                each is run by itself.

        Raises:
            Busy: all connections stayed in use for ``patience`` seconds.
            psycopg.Error: the statement failed, or no connection can be made.
        """
        own = _Errand(statement, values, together)
        connection = self._take(own)
        if own.is_carried:
            return own.outcome()
        party = self._party(own)
        try:
            if connection is not None:
                try:
                    _run(party, connection)
                except psycopg.Error:
                    if not connection.closed:
                        raise
                    connection = None
            if connection is None:
                connection = psycopg.connect(self._conninfo, autocommit=True, **self._options)
                _run(party, connection)
        except BaseException:
            for each in party:
                each.error = Busy("whoever took it along came to nothing")
            raise
        finally:
            for each in party:
                if each is not own:
                    each.turn.put(None)
            self._give_back(connection)
        return own.outcome()

    def close(self) -> None:
        """Close the connections nobody uses at the moment; the next statement opens a new one."""
        with self._lock:
            idle, self._free = self._free, [None] * len(self._free)
        for connection in idle:
            if connection is not None:
                connection.close()

    def _take(self, own: _Errand) -> Connection | None:
        with self._lock:
            if self._free:
                return self._free.pop()
            self._waiting.append(own)
        try:
            return own.turn.get(timeout=self._patience)
        except BaseException as error:
            self._leave(own)
            if isinstance(error, Empty):
                raise Busy("all connections stayed in use") from None
            raise

    def _leave(self, own: _Errand) -> None:
        with self._lock:
            if own in self._waiting:
                self._waiting.remove(own)
                return
            if own.is_carried:
                return  # it may be kept all the same, as whenever somebody stops waiting for an answer
        # It was handed over in the very moment of leaving.
        self._give_back(own.turn.get_nowait())

    def _party(self, own: _Errand) -> list[_Errand]:
        """Return whose statements go together: everybody next in line who may, up to the first who may not."""
        party = [own]
        if own.batch_key is None:
            return party
        with self._lock:
            while self._waiting and self._waiting[0].batch_key is not None and len(party) < PARTY:
                joining = self._waiting.popleft()
                joining.is_carried = True
                party.append(joining)
        return sorted(party, key=lambda each: each.batch_key or "")

    def _give_back(self, connection: Connection | None) -> None:
        if connection is not None and connection.pgconn.transaction_status != TransactionStatus.IDLE:
            connection.close()  # interrupted half-way, or dead
            connection = None
        with self._lock:
            # Handed over, not put down: whoever came a moment ago must not be first.
            if self._waiting:
                self._waiting.popleft().turn.put(connection)
            else:
                self._free.append(connection)


def _run(party: Sequence[_Errand], connection: Connection) -> None:
    """Run one statement, or several in one transaction and one round trip."""
    for each in party:
        each.error = None
    if len(party) == 1:
        party[0].run(connection)
        return
    with suppress(psycopg.Error):
        # Without a transaction begun before it, all of a pipeline is one.
        with connection.pipeline():
            cursors = [connection.execute(each.statement, each.values, prepare=True) for each in party]
        for each, cursor in zip(party, cursors, strict=True):
            each.row = cursor.fetchone()
        return
    # One of them spoilt it for all, and nothing was kept.
    for each in party:
        try:
            each.run(connection)
        except psycopg.Error as error:
            if connection.closed:
                raise
            each.error = error
