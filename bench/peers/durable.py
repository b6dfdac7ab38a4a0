"""A minimal webhook receiver that is as durable as the portal: verifies the HMAC, commits one INSERT, responds 200."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from queue import LifoQueue
from typing import Any

import psycopg

from bench.peers import bare

CONNECTIONS = 8
_INSERT = "INSERT INTO events (digest, body) VALUES (sha256(%(body)s), %(body)s) ON CONFLICT DO NOTHING"
_free: LifoQueue[psycopg.Connection[Any] | None] = LifoQueue()
for _ in range(CONNECTIONS):
    _free.put(None)


def create_table() -> None:
    """Create the table of events."""
    with _connect() as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS events (digest bytea PRIMARY KEY, body bytea NOT NULL)")


def _connect() -> psycopg.Connection[Any]:
    host, database = os.environ["BENCH_DATABASE_HOST"], os.environ["BENCH_DATABASE"]
    return psycopg.connect(host=host, dbname=database, user="postgres", autocommit=True, connect_timeout=5)


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Store an authentic body once and respond with 200; respond with 401 to any other."""
    body = bare.read_authentic_body(environ)
    if body is not None:
        # Connections are opened after the fork, by the first request that needs one.
        connection = _free.get() or _connect()
        try:
            connection.execute(_INSERT, {"body": body}, prepare=True)
        finally:
            _free.put(connection)
    return bare.send_response(start_response, is_authentic=body is not None)


if __name__ == "__main__":
    create_table()
