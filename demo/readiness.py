"""Questions that tell whether a part is ready to be used; each is quick and never raises."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from pathlib import Path

import psycopg
import requests

_TIMEOUT_SECONDS = (0.5, 5)


def answers(url: str) -> bool:
    """Tell whether a page is served with status 200."""
    try:
        with requests.Session() as session:
            session.trust_env = False  # no proxy, no .netrc: these are pages of this machine
            return session.get(url, timeout=_TIMEOUT_SECONDS).status_code == HTTPStatus.OK
    except requests.RequestException:
        return False


def says(log: Path, word: str) -> bool:
    """Tell whether a program has written a word to its log."""
    try:
        return word in log.read_text(errors="replace")
    except FileNotFoundError:
        return False


def worker_beats(database_url: str, since: datetime) -> bool:
    """Tell whether a worker has reported to the queue since a moment (its first report comes when it is up).

    Args:
        database_url: where the queue is, as libpq reads it.
        since: UTC-aware.
    """
    question = "SELECT EXISTS (SELECT 1 FROM procrastinate_workers WHERE last_heartbeat >= %s)"
    try:
        with psycopg.connect(database_url, connect_timeout=2) as connection:
            row = connection.execute(question, (since,)).fetchone()
    except psycopg.OperationalError:
        return False
    return row is not None and bool(row[0])
