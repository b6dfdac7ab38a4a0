"""Updates as the portal publishes them: a new version of a person, notified by the commit that stores it."""

from __future__ import annotations

import select
import time
from collections.abc import Sequence
from uuid import UUID

import psycopg

from bench.load import LoadError

TIMEOUT_SECONDS = 30.0
_PUBLISH = """
    WITH told AS (UPDATE people SET version = version + 1 WHERE id = ANY(%s) RETURNING id, version)
    SELECT id, version, pg_notify('portal_person', id || ' ' || version) FROM told
"""


class UpdatePublisher:
    """Changes people's versions, and measures from the moment the commit is requested."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True, connect_timeout=5)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def prepare(self, people: Sequence[UUID]) -> dict[UUID, int]:
        """Update these people in an open transaction and return their uncommitted versions."""
        self._connection.execute("BEGIN")
        rows = self._connection.execute(_PUBLISH, (list(people),), prepare=True).fetchall()
        return {person_id: version for person_id, version, _ in rows}

    def send(self) -> float:
        """Request the commit without waiting for it, and return when that was."""
        at = time.perf_counter()
        self._connection.pgconn.send_query(b"COMMIT")
        return at

    def wait_for_commit(self) -> None:
        """Wait until the commit is done; unlike libpq's own waiting, this lets other threads run meanwhile.

        Raises:
            LoadError: the database did not respond within ``TIMEOUT_SECONDS``.
        """
        pgconn = self._connection.pgconn
        # Not select(), which refuses file numbers from 1,024 up: this process holds thousands of streams.
        waiting = select.poll()
        waiting.register(pgconn.socket, select.POLLIN)
        while True:
            while pgconn.is_busy():
                if not waiting.poll(TIMEOUT_SECONDS * 1000):
                    raise LoadError(f"the database did not commit within {TIMEOUT_SECONDS:.0f} s")
                pgconn.consume_input()
            if pgconn.get_result() is None:
                return
