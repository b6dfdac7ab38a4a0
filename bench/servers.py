"""Starts what is measured: one PostgreSQL, and each server with a database of its own on it."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench import cpu, events
from bench.install import install_djstripe_peer, install_node_peer
from demo.children import Child, stop_all
from demo.ports import find_free_port
from demo.postgres import Postgres
from demo.readiness import is_serving
from demo.settings import build_base_environment
from portal.migrations import runner

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "var" / "bench"
_PEERS = ROOT / "bench" / "peers"
_START_SECONDS = 60
Maker = Callable[[str], bytes]


@dataclass
class Server:
    """One running server."""

    name: str
    child: Child
    port: int
    database: str | None = None

    @property
    def pid(self) -> int:
        """The process everything else of it descends from."""
        assert self.child.process is not None  # noqa: S101 - started by Ground
        return self.child.process.pid


@dataclass
class Receiver(Server):
    """One that takes events, and what makes a request of them."""

    make: Maker = field(kw_only=True)
    is_slow: bool = False


class Ground:
    """A PostgreSQL and the servers on it; everything ends with the block."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say
        self._stack = ExitStack()
        self._run = FOLDER / "run"
        self._logs = FOLDER / "logs"

    def __enter__(self) -> Ground:
        """Start PostgreSQL on an empty folder, durable as in production."""
        shutil.rmtree(self._run, ignore_errors=True)
        self._run.mkdir(parents=True)
        self.postgres = Postgres(data=self._run / "pg", logs=self._logs, durable=True, connections=200)
        self._stack.callback(shutil.rmtree, self._run, ignore_errors=True)
        self._stack.callback(self.postgres.stop)
        try:
            self.postgres.start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """End every process and remove what they stored."""
        self._stack.close()

    @contextmanager
    def visitors(self) -> Iterator[None]:
        """Stop everything started within the block, so that measurements do not overlap."""
        outer, self._stack = self._stack, ExitStack()
        try:
            yield
        finally:
            self._stack.close()
            self._stack = outer

    def cpu(self, server: Server) -> float:
        """Return the processor seconds used so far by a server and the whole database."""
        assert self.postgres.child.process is not None  # noqa: S101 - started above
        return cpu.measure_cpu_seconds([server.pid, self.postgres.child.process.pid])

    def url(self, server: Server) -> str:
        """Return the address of a server's database."""
        assert server.database is not None  # noqa: S101 - only used for servers that have one
        return self.postgres.url(server.database)

    def migrated(self, name: str) -> str:
        """Return the address of an empty database of the portal's, for a server of this name."""
        url = self.postgres.ensure_database(build_database_name(name))
        runner.upgrade(url.replace("postgresql://", "postgresql+psycopg://"))
        return url

    def portal(self, name: str, config: str = "gunicorn.conf.py") -> Receiver:
        """Start the portal's web processes, as they are deployed unless ``config`` differs, on a migrated database."""
        url = self.migrated(name)
        port = find_free_port()
        environment = build_base_environment() | {
            "BIND": f"127.0.0.1:{port}",
            "DATABASE_URL": url,
            "HEADSHOT_API_KEY": "bench-api-key",
            "HEADSHOT_PROVIDER": "profilebakery",
            "HEADSHOT_WEBHOOK_SECRET": events.SECRET,
            "OIDC_CLIENT_ID": "bench",
            "OIDC_CLIENT_SECRET": "bench-client-secret",
            "OIDC_ISSUER": "http://127.0.0.1:9",
            "PUBLIC_URL": f"http://localhost:{port}",
            "SECRET_KEY": "bench-secret-key-that-is-long-enough-to-sign",
            "STORAGE_URL": (self._run / "photos").as_uri(),
            "WEB_CONCURRENCY": "2",
        }
        argv = [sys.executable, "-m", "gunicorn", "--config", config, "wsgi"]
        child = self.start(name, argv, environment, lambda: is_serving(f"http://localhost:{port}/readyz"))
        make = events.build_portal_request("/webhooks/profilebakery")
        return Receiver(name, child, port, build_database_name(name), make=make)

    def bare(self, name: str) -> Receiver:
        """Start the bare WSGI application under the portal's gunicorn settings."""
        port = find_free_port()
        environment = self.peer_environment(port, events.SECRET)
        argv = [sys.executable, "-m", "gunicorn", "--config", str(_PEERS / "under_gunicorn.py"), "bench.peers.bare"]
        child = self.start(name, argv, environment, lambda: is_listening(port))
        return Receiver(name, child, port, make=events.build_portal_request("/webhooks/profilebakery"))

    def flask(self, name: str) -> Receiver:
        """Start a Flask application with one route, under the portal's gunicorn settings."""
        port = find_free_port()
        environment = self.peer_environment(port, "")
        argv = [sys.executable, "-m", "gunicorn", "--config", str(_PEERS / "under_gunicorn.py")]
        child = self.start(name, [*argv, "bench.peers.plain_flask"], environment, lambda: is_listening(port))
        return Receiver(name, child, port, make=events.build_portal_request("/healthz"))

    def durable(self, name: str) -> Receiver:
        """Start the bare WSGI application that commits each event, under the portal's gunicorn settings."""
        self.postgres.ensure_database(build_database_name(name))
        port = find_free_port()
        environment = self.peer_environment(port, events.SECRET, build_database_name(name))
        subprocess.run(
            [sys.executable, "-m", "bench.peers.durable"], cwd=ROOT, env=environment, timeout=_START_SECONDS, check=True
        )
        argv = [sys.executable, "-m", "gunicorn", "--config", str(_PEERS / "under_gunicorn.py"), "bench.peers.durable"]
        child = self.start(name, argv, environment, lambda: is_listening(port))
        make = events.build_portal_request("/webhooks/profilebakery")
        return Receiver(name, child, port, build_database_name(name), make=make)

    def djstripe(self, name: str) -> Receiver:
        """Start dj-stripe's webhook view under the portal's gunicorn settings.

        Raises:
            MissingPeer: it cannot be installed here.
        """
        python = install_djstripe_peer(FOLDER / "python", self.say)
        self.postgres.ensure_database(build_database_name(name))
        port = find_free_port()
        environment = self.peer_environment(port, events.STRIPE_SECRET, build_database_name(name))
        path = subprocess.run(
            [str(python), "djstripe_site.py"],
            cwd=_PEERS, env=environment, capture_output=True, text=True, timeout=_START_SECONDS * 2, check=True,
        ).stdout.strip()  # fmt: skip
        argv = [str(python), "-m", "gunicorn", "--config", "under_gunicorn.py", "djstripe_site"]
        child = self.start(name, argv, environment, lambda: is_listening(port), cwd=_PEERS)
        make = events.build_stripe_request(path)
        return Receiver(name, child, port, build_database_name(name), make=make, is_slow=True)

    def express(self, name: str) -> Receiver:
        """Start the Express receiver with two processes.

        Raises:
            MissingPeer: there is no node here, or its packages cannot be installed.
        """
        node = install_node_peer(FOLDER / "node", self.say)
        self.postgres.ensure_database(build_database_name(name))
        port = find_free_port()
        environment = self.peer_environment(port, events.STRIPE_SECRET, build_database_name(name)) | {
            "BENCH_NODE_FOLDER": str(FOLDER / "node"),
            "NODE_ENV": "production",
        }
        child = self.start(name, [node, str(_PEERS / "express.cjs")], environment, lambda: is_listening(port))
        return Receiver(name, child, port, build_database_name(name), make=events.build_stripe_request("/webhook"))

    def peer_environment(self, port: int, secret: str, database: str = "") -> dict[str, str]:
        """Build the environment of a peer."""
        return build_base_environment() | {
            "BENCH_DATABASE": database,
            "BENCH_DATABASE_HOST": str(self.postgres.socket_folder),
            "BENCH_SECRET": secret,
            "BIND": f"127.0.0.1:{port}",
            "PORT": str(port),
            "WEB_CONCURRENCY": "2",
        }

    def start(
        self, name: str, argv: list[str], environment: dict[str, str], ready: Callable[[], bool], cwd: Path = ROOT
    ) -> Child:
        """Start a program and wait until it is ready; it ends with the block it was started in."""
        child = Child(
            name=name, argv=argv, env=environment, log=self._logs / f"{build_database_name(name)}.log", cwd=cwd
        )
        self._stack.callback(stop_all, [child], seconds=5)
        child.start()
        child.wait_until(ready, seconds=_START_SECONDS)
        return child


def build_database_name(name: str) -> str:
    """Return the database of a server of this name."""
    return "".join(char if char.isalnum() else "_" for char in name.lower())


def is_listening(port: int) -> bool:
    """Return whether a server accepts connections on this port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
