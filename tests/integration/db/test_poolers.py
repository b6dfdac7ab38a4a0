"""Connection poolers: one that shares sessions is refused at start and by doctor, with what to do instead."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from demo.ports import find_free_port
from demo.postgres import Postgres
from portal.db import PoolerDetected, check_no_pooler
from portal.services.health import iterate_checks
from portal.settings import Settings
from tests.integration.core.processes import TOP, build_environment
from tests.pooler import TransactionPooler
from tests.waiting import TIMEOUT_SECONDS

PGBOUNCER = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
KINDS = ["stand-in", "stand-in that ignores options", *(["pgbouncer", "pgbouncer, sessions"] if PGBOUNCER else [])]


@contextmanager
def run_pgbouncer(postgres: Postgres, folder: Path, *, mode: str) -> Iterator[int]:
    """Run the real one; it refuses to run as root."""
    port = find_free_port()
    users = folder / "users.txt"
    users.write_text('"postgres" ""\n')
    config = folder / "pgbouncer.ini"
    config.write_text(
        f"[databases]\n* = host={postgres.socket_folder} user=postgres\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n"
        f"unix_socket_dir =\nauth_type = any\nauth_file = {users}\npool_mode = {mode}\n"
        "ignore_startup_parameters = options,extra_float_digits\n"
    )
    command = [str(PGBOUNCER), str(config)]
    if os.geteuid() == 0:
        # As the owner of the database's folder it can reach the socket in it.
        owner = pwd.getpwuid(postgres.data.stat().st_uid)
        config.chmod(0o644)
        for each in (folder, *folder.parents[:3], postgres.data.parent):
            each.chmod(each.stat().st_mode | 0o011)
        command = ["setpriv", f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups", *command]
    with (folder / "pgbouncer.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            try:
                psycopg.connect(f"postgresql://postgres@127.0.0.1:{port}/postgres", connect_timeout=30).close()
                break
            except psycopg.OperationalError:
                time.sleep(0.1)
        assert process.poll() is None, (folder / "pgbouncer.log").read_text()
        yield port
    finally:
        process.terminate()
        process.wait(60)


@pytest.fixture(params=KINDS)
def pooled_url(request: pytest.FixtureRequest, postgres: Postgres, database_url: str, tmp_path: Path) -> Iterator[str]:
    """The test's database behind a pooler."""
    name = urlsplit(database_url).path[1:]
    kind = request.param
    if kind.startswith("pgbouncer"):
        with run_pgbouncer(postgres, tmp_path, mode="session" if "sessions" in kind else "transaction") as port:
            yield f"postgresql+psycopg://postgres@127.0.0.1:{port}/{name}"
        return
    server = str(postgres.socket_folder / ".s.PGSQL.5432")
    with TransactionPooler(server, "postgres", name, ignores_options="ignores" in kind) as pooler:
        yield f"postgresql+psycopg://postgres@127.0.0.1:{pooler.port}/{name}"


def test_shared_sessions_are_refused(
    pooled_url: str, request: pytest.FixtureRequest, portal_settings: Callable[..., Settings], tmp_path: Path
) -> None:
    if request.node.callspec.params["pooled_url"] == "pgbouncer, sessions":
        check_no_pooler(pooled_url)
        return
    with pytest.raises(PoolerDetected):
        check_no_pooler(pooled_url)
    finding = next(iterate_checks(portal_settings(database_url=pooled_url)))
    assert not finding.is_ok
    assert "direct address" in finding.text
    env = build_environment(pooled_url, tmp_path)
    for command in (["-c", "import wsgi"], ["-m", "portal", "worker"], ["-m", "portal", "migrate"]):
        run = subprocess.run(
            [sys.executable, *command], cwd=TOP, env=env, capture_output=True, text=True, timeout=60, check=False
        )
        assert run.returncode in {2, 3}, command
        assert "connection pooler in transaction mode" in run.stderr
        assert "Traceback" not in run.stderr


def test_a_direct_address_is_fine(database_url: str) -> None:
    check_no_pooler(database_url)
