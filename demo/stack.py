"""All parts of the portal as separate processes, for the demo and for end-to-end tests; prints nothing."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from demo import readiness
from demo.children import Child, stop_all
from demo.ports import Ports
from demo.postgres import Postgres
from demo.settings import DATABASE, Addresses, Secrets, base_environment, portal_environment

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 60
STOP_SECONDS = 10
RESTART_SECONDS = 2
_DISCOVERY = "/.well-known/openid-configuration"


def _silent(_text: str) -> None:
    return None


class Stack:
    """PostgreSQL, identity provider, sandbox studio, worker and portal, wired to each other.

    Args:
        ports: where to listen; free ones by default.
        data_dir: everything it keeps: database, photos, secrets, logs.
        speed: how many times faster than real the sandbox's sessions go.
        brand: which provider the sandbox plays, ``profilebakery`` or ``headshotpro``.
        durable: False trades safety on power loss for speed (tests).
        environment: extra or changed settings of the portal and the worker.
        report: called with a short sentence as each part gets ready.
    """

    def __init__(
        self,
        *,
        data_dir: Path,
        ports: Ports | None = None,
        speed: float = 1.0,
        brand: str = "profilebakery",
        durable: bool = False,
        environment: dict[str, str] | None = None,
        report: Callable[[str], None] = _silent,
    ) -> None:
        self.data_dir = data_dir.resolve()
        self.ports = ports or Ports.free()
        self.addresses = Addresses.on(self.ports)
        self.speed = speed
        self.brand = brand
        self.logs = self.data_dir / "logs"
        self.postgres = Postgres(data=self.data_dir / "postgres", logs=self.logs, durable=durable)
        self.children: list[Child] = []
        self._extra = environment or {}
        self._report = report

    def __enter__(self) -> Self:
        """Start everything; nothing is left running if that fails."""
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End everything."""
        self.stop()

    @property
    def database_url(self) -> str:
        """The address of the portal's database."""
        return self.postgres.url(DATABASE)

    def start(self) -> None:
        """Start all parts and wait until each is ready.

        Raises:
            PortTakenError: another program listens on one of the ports.
            ChildFailedError: a part ended or was not ready in time.
        """
        self.ports.check()
        self.data_dir.mkdir(parents=True, exist_ok=True)
        for private in (self.logs, self.data_dir / "photos"):
            private.mkdir(mode=0o700, exist_ok=True)
        self.secrets = Secrets.kept_in(self.data_dir / "secrets.json")
        base = base_environment()
        # These two need nobody; they come up while the database does.
        identity = self._launch(self._identity(base))
        sandbox = self._launch(self._sandbox(base))
        self._start_database()
        self.environment = base | self._portal_environment() | self._extra
        self._migrate()
        launched = datetime.now(UTC)
        worker = self._launch(self._python("worker", self.environment, "-m", "portal", "worker"))
        portal = self._launch(self._python("portal", self.environment, "-m", "gunicorn", "wsgi"))
        self._await(identity, lambda: readiness.answers(f"{self.addresses.identity}{_DISCOVERY}"))
        self._report(f"Demo sign-in ready at {self.addresses.identity}")
        self._await(sandbox, lambda: self._is_ready(sandbox, launched))
        self._report(f"Sandbox studio ready at {self.addresses.sandbox}")
        self._await(worker, lambda: self._is_ready(worker, launched))
        self._report("Worker ready")
        self._await(portal, lambda: self._is_ready(portal, launched))
        self._report(f"Portal ready at {self.addresses.portal}")

    def restart(self, names: Sequence[str], *, migrate: bool) -> None:
        """End these parts and start them again, after the migrations if asked to.

        Raises:
            ChildFailedError: a part ended or was not ready in time.
        """
        children = [self.child(name) for name in names]
        stop_all(children, seconds=RESTART_SECONDS)
        if migrate:
            self._migrate()
        launched = datetime.now(UTC)
        for child in children:
            child.start()
        for child in children:
            self._await(child, lambda child=child: self._is_ready(child, launched))  # type: ignore[misc]

    def stop(self) -> list[str]:
        """End all parts, the database last.

        Returns:
            The names of those that had to be ended by force.
        """
        forced = stop_all(self.children, seconds=STOP_SECONDS)
        self.postgres.stop()
        return forced

    def kill(self) -> None:
        """End all parts at once, without letting them finish; ``stop`` still has to follow."""
        for child in self.children:
            if child.process is not None:
                child.signal_group(signal.SIGKILL)

    def check(self) -> None:
        """Raise ChildFailedError for the first part that has ended."""
        self.postgres.child.ensure_alive()
        for child in self.children:
            child.ensure_alive()

    def child(self, name: str) -> Child:
        """Return one part: ``worker``, ``portal``, ``sandbox`` or ``identity``."""
        return next(child for child in self.children if child.name == name)

    def _is_ready(self, child: Child, launched: datetime) -> bool:
        if child.name == "worker":
            return readiness.worker_beats(self.database_url, launched)
        if child.name == "sandbox":
            return readiness.says(child.log, "sandbox ready")
        return readiness.answers(f"{self.addresses.portal}/readyz")

    def _start_database(self) -> None:
        if not (self.postgres.data / "PG_VERSION").exists():
            self._report("Setting up PostgreSQL (first start)")
        self.postgres.start()
        self.postgres.ensure_database(DATABASE)
        self._report("PostgreSQL ready")

    def _migrate(self) -> None:
        migrate = self._python("migrate", self.environment, "-m", "portal", "migrate")
        migrate.start()
        try:
            migrate.wait_for_end(seconds=START_SECONDS)
        finally:
            stop_all([migrate], seconds=1)
        self._report("Database schema up to date")

    def _portal_environment(self) -> dict[str, str]:
        return portal_environment(
            addresses=self.addresses,
            ports=self.ports,
            secrets=self.secrets,
            brand=self.brand,
            database_url=self.database_url,
            photos=self.data_dir / "photos",
        )

    def _identity(self, base: dict[str, str]) -> Child:
        return self._python("identity", base, "-m", "demo.identity", "--port", str(self.ports.identity))

    def _sandbox(self, base: dict[str, str]) -> Child:
        options = ["--brand", self.brand, "--port", str(self.ports.sandbox), "--speed", str(self.speed)]
        options += ["--data", str(self.data_dir / "sandbox"), "--api-key", self.secrets.api_key]
        options += ["--webhook-url", f"{self.addresses.portal}/webhooks/{self.brand}"]
        options += ["--webhook-secret", self.secrets.webhook_secret]
        return self._python("sandbox", base, "-m", "sandbox", *options)

    def _python(self, name: str, environment: dict[str, str], *arguments: str) -> Child:
        argv = [sys.executable, *arguments]
        return Child(name=name, argv=argv, env=environment, log=self.logs / f"{name}.log", cwd=ROOT)

    def _launch(self, child: Child) -> Child:
        # On the list first: whatever interrupts the start finds it there.
        self.children.append(child)
        child.start()
        return child

    def _await(self, child: Child, ready: Callable[[], bool]) -> None:
        def ready_and_nobody_lost() -> bool:
            self.check()
            return ready()

        child.wait_until(ready_and_nobody_lost, seconds=START_SECONDS)
