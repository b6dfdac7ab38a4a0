"""Readiness checks of the parts of the demo. They are quick and raise no exceptions."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from pathlib import Path

import psycopg
import requests

_TIMEOUT_SECONDS = (0.5, 5)


def is_serving(url: str) -> bool:
    """Return whether a URL is served with status 200."""
    try:
        with requests.Session() as session:
            session.trust_env = False  # no proxy and no .netrc for loopback
            return session.get(url, timeout=_TIMEOUT_SECONDS).status_code == HTTPStatus.OK
    except requests.RequestException:
        return False


def has_logged(log: Path, text: str) -> bool:
    """Return whether a program has written a text to its log."""
    try:
        return text in log.read_text(errors="replace")
    except FileNotFoundError:
        return False


def has_worker_heartbeat(database_url: str, since: datetime) -> bool:
    """Return whether a worker has sent a heartbeat since a time. It sends the first one on start.

    Args:
        database_url: URL of the database for libpq.
        since: UTC-aware.
    """
    query = "SELECT EXISTS (SELECT 1 FROM procrastinate_workers WHERE last_heartbeat >= %s)"
    try:
        with psycopg.connect(database_url, connect_timeout=2) as connection:
            row = connection.execute(query, (since,)).fetchone()
    except psycopg.OperationalError:
        return False
    return row is not None and bool(row[0])
