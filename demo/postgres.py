"""A PostgreSQL server from a wheel, as a child process on a Unix socket."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from demo.children import Child, ChildFailedError, stop_all
from demo.postgres_programs import build_environment, build_prefix, find_program, set_owner

SUPERUSER = "postgres"
START_SECONDS = 30
STOP_SECONDS = 10
# The kernel allows 107 bytes for a socket's whole path, ".s.PGSQL.5432" included.
_MAX_SOCKET_FOLDER_LENGTH = 90
# These characters need no escaping in a database URL; a space, "%", "'" and "," are parsed differently by clients.
_SAFE_PATH = re.compile(r"[A-Za-z0-9/._-]+")
# Every process of the server works in the data folder. By this name it finds the folder also when the user it runs as
# may not enter the folders above, and the characters of their names do not matter.
_CURRENT_FOLDER = "/proc/self/cwd"
_NON_DURABLE_OPTIONS = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")


@dataclass
class Postgres:
    """One server with its data folder.

    Attributes:
        data: folder of the cluster; created on the first start.
        logs: folder for the server's log.
        durable: False trades safety on power loss for speed (tests).
        connections: how many connections the server allows.
    """

    data: Path
    logs: Path
    durable: bool = True
    connections: int = 100
    child: Child = field(init=False)
    socket_folder: Path = field(init=False)

    def start(self) -> None:
        """Start the server and wait until it accepts connections.

        Raises:
            ChildFailedError: it cannot be set up or started here.
        """
        self.logs.mkdir(parents=True, exist_ok=True)
        self._make_data_folder()
        if not (self.data / "PG_VERSION").exists():
            self._initialize()
        self._stop_leftover_server()
        self.socket_folder = self._choose_socket_folder()
        self.child = Child(
            name="PostgreSQL",
            argv=self._build_server_command(),
            env=build_environment(),
            log=self.logs.resolve() / "postgres.log",
            cwd=self.data,
            stop_signal=signal.SIGINT,  # "fast" shutdown: closes open connections
            death_signal=signal.SIGINT,
        )
        self.child.start()
        self.child.wait_until(self._is_accepting_connections, seconds=START_SECONDS)

    def stop(self) -> None:
        """Stop the server, by SIGKILL if it does not end in time (it then recovers on the next start)."""
        if hasattr(self, "child"):
            stop_all([self.child], seconds=STOP_SECONDS)
        if hasattr(self, "socket_folder") and self.socket_folder.is_symlink():
            shutil.rmtree(self.socket_folder.parent, ignore_errors=True)

    def url(self, database: str = SUPERUSER) -> str:
        """Return the URL of one database for libpq and SQLAlchemy."""
        return f"postgresql://{SUPERUSER}@/{database}?host={quote(str(self.socket_folder))}"

    def ensure_database(self, name: str) -> str:
        """Create a database if it does not exist, and return its URL."""
        with psycopg.connect(self.url(), autocommit=True, connect_timeout=START_SECONDS) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
            if known is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url(name)

    def _make_data_folder(self) -> None:
        if self.data.exists():
            return
        self.data.parent.mkdir(parents=True, exist_ok=True)
        self.data.mkdir(mode=0o700)
        set_owner(self.data)

    def _initialize(self) -> None:
        log = self.logs / "initdb.log"
        command = self._build_owner_command("initdb", "--auth=trust", "--encoding=UTF8")
        # PostgreSQL's built-in locale: case mapping does not depend on the machine's locales.
        command += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command += [f"--username={SUPERUSER}", f"--pgdata={self._data_path}"]
        if not self.durable:
            command.append("--no-sync")
        with log.open("wb") as output:
            status = subprocess.run(
                command,
                env=build_environment(),
                cwd=self.data,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=120,
                check=False,
            ).returncode
        if status != 0:
            last_lines = log.read_text(errors="replace").splitlines()[-12:]
            raise ChildFailedError("PostgreSQL", "could not set up its data folder", log, last_lines)

    def _stop_leftover_server(self) -> None:
        """Stop a server that still uses this folder (only where the kernel does not end it with its parent)."""
        with suppress(FileNotFoundError, PermissionError):
            pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, 0)
                command = self._build_owner_command("pg_ctl", "stop", "--mode=fast", "--wait", "--silent")
                command += [f"--pgdata={self._data_path}", f"--timeout={STOP_SECONDS}"]
                subprocess.run(
                    command,
                    env=build_environment(),
                    cwd=self.data,
                    capture_output=True,
                    timeout=STOP_SECONDS + 5,
                    check=False,
                )

    def _choose_socket_folder(self) -> Path:
        """Return the socket folder: the data folder, or a link to it with a short path without special characters."""
        data = self.data.resolve()
        if len(str(data)) <= _MAX_SOCKET_FOLDER_LENGTH and _SAFE_PATH.fullmatch(str(data)):
            return data
        link = Path(tempfile.mkdtemp(prefix="pg-")) / "socket"
        link.symlink_to(data)
        return link

    def _build_server_command(self) -> list[str]:
        sockets = _CURRENT_FOLDER if self._has_current_folder else str(self.socket_folder)
        # No TCP (-h ''): only this user's folder leads to the socket.
        command = self._build_owner_command("postgres", "-D", self._data_path, "-h", "", "-k", sockets)
        command += ["-c", f"max_connections={self.connections}", "-c", "timezone=UTC"]
        return command if self.durable else [*command, *_NON_DURABLE_OPTIONS]

    def _build_owner_command(self, program: str, *arguments: str) -> list[str]:
        return [*build_prefix(self.data), str(find_program(program)), *arguments]

    @property
    def _data_path(self) -> str:
        return _CURRENT_FOLDER if self._has_current_folder else str(self.data)

    @property
    def _has_current_folder(self) -> bool:
        return Path(_CURRENT_FOLDER).exists()

    def _is_accepting_connections(self) -> bool:
        try:
            psycopg.connect(self.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True
