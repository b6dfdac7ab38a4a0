"""Real processes of the portal, as a platform starts them, each ended by the block that started it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from demo.ports import find_free_port
from portal.db import transaction
from portal.models.people import Person
from portal.models.sessions import Session
from tests.integration.core.signing import SECRET
from tests.waiting import wait_until

TOP = Path(__file__).parents[3]
KEY = "test-secret-key-that-is-long-enough"


def build_environment(database_url: str, folder: Path, **more: str) -> dict[str, str]:
    """The variables of a working portal on this database."""
    return {
        "PATH": os.environ["PATH"],
        "SECRET_KEY": KEY,
        "DATABASE_URL": database_url.replace("+psycopg", ""),
        "PUBLIC_URL": "http://localhost",
        "OIDC_ISSUER": "http://127.0.0.1:1",
        "OIDC_CLIENT_ID": "portal",
        "OIDC_CLIENT_SECRET": "secret",
        "HEADSHOT_API_KEY": "test-api-key",
        "HEADSHOT_API_URL": "http://127.0.0.1:1/api/v2",
        "HEADSHOT_WEBHOOK_SECRET": SECRET,
        "STORAGE_URL": f"file://{folder}/photos",
        "WEB_CONCURRENCY": "1",
        **more,
    }


@contextlib.contextmanager
def run_process(arguments: list[str], env: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a Python program until the block ends."""
    with log.open("ab") as out:
        process = subprocess.Popen([sys.executable, *arguments], cwd=TOP, env=env, stdout=out, stderr=out)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(60)


@contextlib.contextmanager
def run_web(
    env: dict[str, str], log: Path, port: int | None = None, *, config: str = "gunicorn.conf.py"
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Serve the portal as the Procfile does; yield the process and its port, a free one if none is given."""
    port = port or find_free_port()
    arguments = ["-m", "gunicorn", "--config", config, "wsgi"]
    with run_process(arguments, env | {"BIND": f"127.0.0.1:{port}"}, log) as process:
        wait_until(lambda: _is_listening(port), log=log)
        yield process, port


def create_session_cookie(person: Person) -> str:
    """Sign the person in and return the cookie their browser sends."""
    token = hashlib.sha256(str(person.id).encode()).hexdigest()[:43]
    now = datetime.now(UTC)
    with transaction() as session:
        session.add(
            Session(
                token_hash=hashlib.sha256(token.encode()).digest(),
                person_id=person.id,
                data={},
                created_at=now,
                active_at=now,
                expires_at=now + timedelta(hours=8),
            )
        )
    return f"portal_session={token}"


def _is_listening(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=60):
        return True
    return False
