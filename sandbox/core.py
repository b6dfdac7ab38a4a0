"""The sandbox as one object, state and clock in hand for everything else; no HTTP and no rules."""

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
from sandbox.clock import Clock, iso, parse_iso
from sandbox.config import SandboxConfig
from sandbox.faults import Faults
from sandbox.picture_files import PictureFiles
from sandbox.rate_limit import RateLimiter
from sandbox.request_log import Journal
from sandbox.store import keys, organization, schema, settings
from sandbox.store.database import Connection, Database
from sandbox.switches import Switches

FIRST_CREDITS = Decimal(100)


class Sandbox:
    """One running stand-in."""

    def __init__(self, config: SandboxConfig) -> None:
        """Open the data folder and apply the start arguments.

        Raises:
            BadSettingError: a switch given at start is wrong.
        """
        config.data_dir.mkdir(parents=True, exist_ok=True)
        self.config = config
        self.brand = BRANDS[config.brand]
        self.public_url = config.public_url
        self.database = Database(config.data_dir / "sandbox.sqlite3")
        self.pictures = PictureFiles(config.data_dir)
        self.faults = Faults()
        self.journal = Journal()
        self.limiter = RateLimiter()
        self.clock = Clock()
        self._wakers: list[Callable[[], None]] = []
        self._switching = threading.Lock()
        try:
            with self.database.write() as db:
                self._switches = self._seed(db)
        except BaseException:
            self.database.close()
            raise

    @property
    def switches(self) -> Switches:
        """The switches in force."""
        return self._switches

    def now(self) -> str:
        """Return virtual time as the API writes it."""
        return iso(self.clock.now())

    def after(self, seconds: float, since: str | None = None) -> str:
        """Return when something lasting `seconds` ends at the present speed, begun now or at a virtual time."""
        begun = self.clock.now() if since is None else parse_iso(since)
        return iso(begun + timedelta(seconds=seconds / self.switches.speed))

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Lend a connection to look."""
        with self.database.read() as db:
            yield db

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Lend the writing connection; the background threads look again once it is committed."""
        with self.database.write() as db:
            yield db
        self.wake()

    def on_wake(self, waker: Callable[[], None]) -> None:
        """Call this whenever something changed."""
        self._wakers.append(waker)

    def wake(self) -> None:
        """Tell the background threads to look."""
        for waker in self._wakers:
            waker()

    def change_switches(self, changes: dict[str, Any]) -> Switches:
        """Change switches by name; a new speed also moves what is already scheduled.

        Raises:
            BadSettingError: a name or value is wrong; nothing has changed.
        """
        with self._switching, self.write() as db:
            before = self._switches
            after = switches.changed(before, changes)
            settings.put(db, "switches", switches.as_dict(after))
            if after.speed != before.speed:
                rescale.scheduled(db, self.clock.now(), before.speed / after.speed)
            self._switches = after
        return after

    def advance_clock(self, seconds: float) -> None:
        """Move virtual time forward.

        Raises:
            ValueError: seconds is negative.
        """
        self.clock.advance(timedelta(seconds=seconds))
        with self.write() as db:
            settings.put(db, "clock_offset", self.clock.offset.total_seconds())

    def reset(self) -> None:
        """Forget people, models, events, faults and counts; key, webhook and organisation stay."""
        with self.write() as db:
            for statement in schema.EMPTY.split(";"):
                db.execute(statement)
            settings.put(db, "switches", None)
            self._switches = switches.changed(Switches(), dict(self.config.switches))
            organization.set_credits(db, self._start_credits())
        self.pictures.remove_everything()
        self.faults.clear()
        self.journal.clear()
        self.limiter.clear()

    def url_secret(self) -> bytes:
        """Return the secret that photo addresses are signed with."""
        return self._url_secret

    def close(self) -> None:
        """Close the database."""
        self.database.close()

    def _start_credits(self) -> Decimal:
        return FIRST_CREDITS if self.config.credits is None else self.config.credits

    def _seed(self, db: Connection) -> Switches:
        config = self.config
        if organization.find(db) is None:
            organization.create(db, ids.organization_uid(), "Sandbox Organization", "https://example.com")
            organization.set_credits(db, FIRST_CREDITS)
            settings.put(db, "url_secret", secrets.token_hex(32))
        if config.organization_name is not None:
            organization.rename(db, config.organization_name)
        if config.credits is not None:
            organization.set_credits(db, config.credits)
        self.clock.advance(timedelta(seconds=settings.get(db, "clock_offset") or 0))
        if config.api_key is not None and not keys.is_valid(db, config.api_key):
            keys.replace(db, config.api_key, self.now())
        for name, value in (("webhook_url", config.webhook_url), ("webhook_secret", config.webhook_secret)):
            if value is not None:
                settings.put(db, name, value)
        self._url_secret = bytes.fromhex(settings.get(db, "url_secret"))
        remembered = switches.changed(Switches(), settings.get(db, "switches") or {})
        found = switches.changed(remembered, dict(config.switches))
        settings.put(db, "switches", switches.as_dict(found))
        return found
