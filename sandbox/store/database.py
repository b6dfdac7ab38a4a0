"""Connections to the sandbox's SQLite file; the only place that begins, commits or rolls back."""

from __future__ import annotations

import queue
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.store import schema

Connection = sqlite3.Connection
Row = sqlite3.Row


class StaleDataError(Exception):
    """The data folder was written by another version of the sandbox."""


class Database:
    """A pool of connections; readers in parallel, one writer at a time."""

    def __init__(self, path: Path) -> None:
        """Open or create the file.

        Raises:
            StaleDataError: its tables are not the ones this version knows.
        """
        self._path = path
        self._idle: queue.SimpleQueue[Connection] = queue.SimpleQueue()
        self._writer = threading.Lock()
        with self.write() as db:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                self._create(db)
            elif version != schema.VERSION:
                raise StaleDataError(f"{path} has version {version}, wanted {schema.VERSION}: delete it")

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Lend a connection with one consistent view."""
        db = self._borrow()
        try:
            db.execute("BEGIN")
            yield db
        finally:
            self._give_back(db)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Lend the one writing connection; commits at the end, rolls back on any error."""
        with self._writer:
            db = self._borrow()
            try:
                db.execute("BEGIN IMMEDIATE")
                yield db
                db.execute("COMMIT")
            finally:
                self._give_back(db)

    def close(self) -> None:
        """Close every idle connection."""
        while not self._idle.empty():
            self._idle.get_nowait().close()

    def _borrow(self) -> Connection:
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            return self._open()

    def _give_back(self, db: Connection) -> None:
        if db.in_transaction:
            db.execute("ROLLBACK")
        self._idle.put(db)

    def _open(self) -> Connection:
        db = sqlite3.connect(self._path, timeout=30, isolation_level=None, check_same_thread=False)
        db.row_factory = sqlite3.Row
        # A stand-in may lose its last second in a power cut; it must not be slow.
        db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA foreign_keys = ON;")
        return db

    @staticmethod
    def _create(db: Connection) -> None:
        for statement in schema.TABLES.split(";"):
            if statement.strip():
                db.execute(statement)
        db.execute(f"PRAGMA user_version = {schema.VERSION}")
