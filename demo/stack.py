"""All parts of the portal as separate processes, for the demo and the end-to-end tests."""

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
from demo.crowd import create_campaign_people
from demo.ports import Ports, find_free_port
from demo.postgres import Postgres
from demo.settings import DATABASE, Addresses, Secrets, build_base_environment, build_portal_environment

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 60
STOP_SECONDS = 10
RESTART_SECONDS = 2
_DISCOVERY = "/.well-known/openid-configuration"


def _silent(_text: str) -> None:
    return None


class Stack:
    """PostgreSQL, identity provider, sandbox, worker and portal, connected to each other.

    Args:
        ports: where to listen; free ones by default.
        data_dir: folder of database, photos, secrets and logs.
        speed: factor by which the sandbox's sessions are faster than real time.
        brand: brand of the sandbox, ``profilebakery`` or ``headshotpro``.
        durable: False trades safety on power loss for speed (tests).
        environment: extra or changed settings of the portal and the worker.
        people: how many fictional people to add to an empty roster; see :mod:`demo.crowd`.
        has_mail: whether the portal sends mail, to a server of the sandbox that shows it at ``/mails``.
        report: called with a sentence when a part is ready.
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
        people: int = 0,
        has_mail: bool = False,
        report: Callable[[str], None] = _silent,
    ) -> None:
        self.data_dir = data_dir.resolve()
        self.ports = ports or Ports.find_free()
        self.addresses = Addresses.for_ports(self.ports)
        self.speed = speed
        self.brand = brand
        self.logs = self.data_dir / "logs"
        self.postgres = Postgres(data=self.data_dir / "postgres", logs=self.logs, durable=durable)
        self.children: list[Child] = []
        self._extra = environment or {}
        self._people = people
        self._smtp_port = find_free_port() if has_mail else None
        self._report = report

    def __enter__(self) -> Self:
        """Start everything. On failure, everything is stopped."""
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everything."""
        self.stop()

    @property
    def database_url(self) -> str:
        """The URL of the portal's database."""
        return self.postgres.url(DATABASE)

    def start(self) -> None:
        """Start all parts and wait until each is ready.

        Raises:
            PortTakenError: another program listens on one of the ports.
            ChildFailedError: a part ended or was not ready in time.
        """
        self.ports.check_free()
        self.data_dir.mkdir(parents=True, exist_ok=True)
        for private in (self.logs, self.data_dir / "photos"):
            private.mkdir(mode=0o700, exist_ok=True)
        self.secrets = Secrets.load_or_create(self.data_dir / "secrets.json")
        base = build_base_environment()
        # These two have no dependencies and start in parallel with the database.
        identity = self._launch(self._identity(base))
        sandbox = self._launch(self._sandbox(base))
        self._start_database()
        self.environment = base | self._portal_environment() | self._mail_environment() | self._extra
        self._migrate()
        if self._people and create_campaign_people(
            self.database_url, self._people, provider=self.brand, photos=self.data_dir / "photos"
        ):
            self._report(f"{self._people} fictional people added")
        launched = datetime.now(UTC)
        worker = self._launch(self._python("worker", self.environment, "-m", "portal", "worker"))
        portal = self._launch(self._python("portal", self.environment, "-m", "gunicorn", "wsgi"))
        self._wait_until_ready(identity, lambda: readiness.is_serving(f"{self.addresses.identity}{_DISCOVERY}"))
        self._report(f"Demo sign-in ready at {self.addresses.identity}")
        self._wait_until_ready(sandbox, lambda: self._is_ready(sandbox, launched))
        self._report(f"Sandbox studio ready at {self.addresses.sandbox}")
        self._wait_until_ready(worker, lambda: self._is_ready(worker, launched))
        self._report("Worker ready")
        self._wait_until_ready(portal, lambda: self._is_ready(portal, launched))
        self._report(f"Portal ready at {self.addresses.portal}")

    def restart(self, names: Sequence[str], *, migrate: bool) -> None:
        """End these parts and start them again, after the migrations if requested.

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
            self._wait_until_ready(child, lambda child=child: self._is_ready(child, launched))  # type: ignore[misc]

    def stop(self) -> list[str]:
        """Stop all parts, the database last.

        Returns:
            The names of the parts that were killed.
        """
        forced = stop_all(self.children, seconds=STOP_SECONDS)
        self.postgres.stop()
        return forced

    def kill(self) -> None:
        """Kill all parts immediately. ``stop`` must still be called."""
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
            return readiness.has_worker_heartbeat(self.database_url, launched)
        if child.name == "sandbox":
            return readiness.has_logged(child.log, "sandbox ready")
        return readiness.is_serving(f"{self.addresses.portal}/readyz")

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
        return build_portal_environment(
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
        if self._smtp_port is not None:
            options += ["--smtp-port", str(self._smtp_port)]
        return self._python("sandbox", base, "-m", "sandbox", *options)

    def _mail_environment(self) -> dict[str, str]:
        if self._smtp_port is None:
            return {}
        return {"MAIL_URL": f"smtp://127.0.0.1:{self._smtp_port}", "MAIL_FROM": "Headshots <headshots@example.com>"}

    def _python(self, name: str, environment: dict[str, str], *arguments: str) -> Child:
        argv = [sys.executable, *arguments]
        return Child(name=name, argv=argv, env=environment, log=self.logs / f"{name}.log", cwd=ROOT)

    def _launch(self, child: Child) -> Child:
        # Appended first, so that an interrupted start stops it as well.
        self.children.append(child)
        child.start()
        return child

    def _wait_until_ready(self, child: Child, ready: Callable[[], bool]) -> None:
        def is_ready() -> bool:
            self.check()
            return ready()

        child.wait_until(is_ready, seconds=START_SECONDS)
