"""Connections and transactions of the sandbox's SQLite file."""

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


class DataVersionError(Exception):
    """The data folder was written by another version of the sandbox."""


class Database:
    """A pool of connections; readers in parallel, one writer at a time."""

    def __init__(self, path: Path) -> None:
        """Open or create the file.

        Raises:
            StaleDataError: the file has another schema version.
        """
        self._path = path
        self._idle: queue.SimpleQueue[Connection] = queue.SimpleQueue()
        self._writer = threading.Lock()
        with self.write() as db:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                self._create(db)
            elif version != schema.VERSION:
                raise DataVersionError(f"{path} has version {version}, expected {schema.VERSION}: delete it")

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Provide a connection in a read transaction."""
        db = self._acquire()
        try:
            db.execute("BEGIN")
            yield db
        finally:
            self._release(db)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Provide a connection in the only write transaction. Commits at the end, rolls back on errors."""
        with self._writer:
            db = self._acquire()
            try:
                db.execute("BEGIN IMMEDIATE")
                yield db
                db.execute("COMMIT")
            finally:
                self._release(db)

    def close(self) -> None:
        """Close every idle connection."""
        while not self._idle.empty():
            self._idle.get_nowait().close()

    def _acquire(self) -> Connection:
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            return self._open()

    def _release(self, db: Connection) -> None:
        if db.in_transaction:
            db.execute("ROLLBACK")
        self._idle.put(db)

    def _open(self) -> Connection:
        db = sqlite3.connect(self._path, timeout=30, isolation_level=None, check_same_thread=False)
        db.row_factory = sqlite3.Row
        # Speed matters more here than durability in a power cut.
        db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA foreign_keys = ON;")
        return db

    @staticmethod
    def _create(db: Connection) -> None:
        for statement in schema.TABLES.split(";"):
            if statement.strip():
                db.execute(statement)
        db.execute(f"PRAGMA user_version = {schema.VERSION}")
