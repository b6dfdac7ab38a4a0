"""The state of one sandbox: database, pictures, clock, switches, faults and request log."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sandbox import ids, rescale, switches
from sandbox.brands import BRANDS
from sandbox.clock import Clock, format_iso, parse_iso
from sandbox.config import SandboxConfig
from sandbox.faults import Faults
from sandbox.picture_files import PictureFiles
from sandbox.rate_limit import RateLimiter
from sandbox.request_log import RequestLog
from sandbox.store import keys, organization, schema, settings
from sandbox.store.database import Connection, Database
from sandbox.switches import Switches

INITIAL_CREDITS = Decimal(100)


class Sandbox:
    """One running sandbox."""

    def __init__(self, config: SandboxConfig) -> None:
        """Open the data folder and apply the configuration.

        Raises:
            BadSettingError: a switch in the configuration is invalid.
        """
        config.data_dir.mkdir(parents=True, exist_ok=True)
        self.config = config
        self.brand = BRANDS[config.brand]
        self.public_url = config.public_url
        self.database = Database(config.data_dir / "sandbox.sqlite3")
        self.pictures = PictureFiles(config.data_dir)
        self.faults = Faults()
        self.request_log = RequestLog()
        self.rate_limiter = RateLimiter()
        self.clock = Clock()
        self._wake_listeners: list[Callable[[], None]] = []
        self._switches_lock = threading.Lock()
        try:
            with self.database.write() as db:
                self._switches = self._seed(db)
        except BaseException:
            self.database.close()
            raise

    @property
    def switches(self) -> Switches:
        """The current switches."""
        return self._switches

    def now(self) -> str:
        """Return virtual time in the format of the API."""
        return format_iso(self.clock.now())

    def compute_due_at(self, seconds: float, since: str | None = None) -> str:
        """Return the virtual time `seconds` (at speed 1) after `since` or now, at the current speed."""
        started = self.clock.now() if since is None else parse_iso(since)
        return format_iso(started + timedelta(seconds=seconds / self.switches.speed))

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Provide a connection for reading."""
        with self.database.read() as db:
            yield db

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Provide the connection for writing. The background threads are notified after the commit."""
        with self.database.write() as db:
            yield db
        self.notify_workers()

    def add_wake_listener(self, listener: Callable[[], None]) -> None:
        """Register a function that is called after every change."""
        self._wake_listeners.append(listener)

    def notify_workers(self) -> None:
        """Notify the background threads that state has changed."""
        for listener in self._wake_listeners:
            listener()

    def change_switches(self, changes: dict[str, Any]) -> Switches:
        """Change switches by name. A new speed also rescales what is already scheduled.

        Raises:
            BadSettingError: a name or value is invalid; nothing has changed.
        """
        with self._switches_lock, self.write() as db:
            before = self._switches
            after = switches.update_switches(before, changes)
            settings.set_setting(db, "switches", switches.export_switches(after))
            if after.speed != before.speed:
                rescale.rescale_schedule(db, self.clock.now(), before.speed / after.speed)
            self._switches = after
        return after

    def advance_clock(self, seconds: float) -> None:
        """Move virtual time forward.

        Raises:
            ValueError: seconds is negative.
        """
        self.clock.advance(timedelta(seconds=seconds))
        with self.write() as db:
            settings.set_setting(db, "clock_offset", self.clock.offset.total_seconds())

    def reset(self) -> None:
        """Delete members, models, events, faults and counts. API key, webhook and organization stay."""
        with self.write() as db:
            for statement in schema.DELETE_ALL.split(";"):
                db.execute(statement)
            settings.set_setting(db, "switches", None)
            self._switches = switches.update_switches(Switches(), dict(self.config.switches))
            organization.set_credits(db, self._initial_credits())
        self.pictures.remove_all()
        self.faults.clear_rules()
        self.request_log.clear()
        self.rate_limiter.clear()

    def get_url_secret(self) -> bytes:
        """Return the secret that photo URLs are signed with."""
        return self._url_secret

    def close(self) -> None:
        """Close the database."""
        self.database.close()

    def _initial_credits(self) -> Decimal:
        return INITIAL_CREDITS if self.config.credits is None else self.config.credits

    def _seed(self, db: Connection) -> Switches:
        config = self.config
        if organization.find_organization(db) is None:
            organization.create_organization(
                db, ids.generate_organization_uid(), "Sandbox Organization", "https://example.com"
            )
            organization.set_credits(db, INITIAL_CREDITS)
            settings.set_setting(db, "url_secret", secrets.token_hex(32))
        if config.organization_name is not None:
            organization.rename_organization(db, config.organization_name)
        if config.credits is not None:
            organization.set_credits(db, config.credits)
        self.clock.advance(timedelta(seconds=settings.get_setting(db, "clock_offset") or 0))
        if config.api_key is not None and not keys.is_valid_key(db, config.api_key):
            keys.replace_key(db, config.api_key, self.now())
        for name, value in (("webhook_url", config.webhook_url), ("webhook_secret", config.webhook_secret)):
            if value is not None:
                settings.set_setting(db, name, value)
        self._url_secret = bytes.fromhex(settings.get_setting(db, "url_secret"))
        stored = switches.update_switches(Switches(), settings.get_setting(db, "switches") or {})
        found = switches.update_switches(stored, dict(config.switches))
        settings.set_setting(db, "switches", switches.export_switches(found))
        return found
