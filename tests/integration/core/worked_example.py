"""What the core's tests work at: a clock, a portal, and a worker that takes one job after the other."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import psycopg
from flask import Flask

import portal.jobs.schedule
import portal.jobs.tasks  # noqa: F401 - both register tasks
from portal.db import release_connection, transaction
from portal.domain.brands import BRANDS
from portal.jobs.runner import WorkerContext, queue
from portal.models.shoots import Shoot
from portal.services import deliveries
from portal.services.app_context import AppContext
from portal.services.deliveries import WebhookReceiver
from tests.factories import NOW
from tests.integration.core.doubles import ScriptedDownloader, ScriptedProvider
from tests.integration.core.signing import sign_headers

# What the queue's own function does, by the portal's clock and not the database's; turns have places of their own.
_TAKE = """
    UPDATE procrastinate_jobs SET status = 'doing'
    WHERE id = (SELECT id FROM procrastinate_jobs
                WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= %(now)s)
                ORDER BY queue_name = 'line' DESC, priority DESC, id LIMIT 1)
    RETURNING id, task_name, args
"""


# More than any test has in one go without naming a number.
MAX_JOBS = 200


@dataclass
class Clock:
    """The present, UTC; only a test moves it."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        """Wait as the portal does: by its own time."""
        self.advance(seconds=seconds)

    def advance(self, **amount: float) -> datetime:
        """Move on and return the new present."""
        self.now += timedelta(**amount)
        return self.now


@dataclass
class WorkedExample:
    """A portal and the handles to what is around it."""

    app: Flask
    clock: Clock
    provider: ScriptedProvider
    connection: psycopg.Connection[Any]

    @property
    def portal(self) -> AppContext:
        found: AppContext = self.app.extensions["portal"]
        return found

    @property
    def downloader(self) -> ScriptedDownloader:
        return self.portal.downloader  # type: ignore[return-value]

    def query(self, sql: str, **values: Any) -> list[Any]:
        """Run a statement outside of the portal's own connections and return its rows."""
        cursor = self.connection.execute(sql, values or None)
        return cursor.fetchall() if cursor.description else []

    def list_queued(self, task: str | None = None) -> list[dict[str, Any]]:
        """The arguments of the jobs that wait, in the order they would be taken."""
        rows = self.query(
            "SELECT task_name, args FROM procrastinate_jobs WHERE status = 'todo' "
            "ORDER BY queue_name = 'line' DESC, priority DESC, id"
        )
        return [args for name, args in rows if task in {None, name}]

    def waits(self, task: str) -> list[timedelta]:
        """How long each waiting job of a task has to wait by the portal's clock; nothing means not at all."""
        rows = self.query(
            "SELECT scheduled_at FROM procrastinate_jobs WHERE status = 'todo' AND task_name = %(task)s", task=task
        )
        return [at - self.clock.now if at else timedelta(0) for (at,) in rows]

    def work(self, *, limit: int | None = None, ignore_schedule: bool = True) -> list[str]:
        """Take jobs as a worker does until none is left, or so many; with ``ignore_schedule`` also before their time.

        Raises:
            AssertionError: there is always another, such as a retry, which needs a clock that moves.
        """
        done: list[str] = []
        while limit is None or len(done) < limit:
            rows = self.query(_TAKE, now=self.clock.now + timedelta(days=1 if ignore_schedule else 0))
            if not rows:
                break
            assert limit is not None or len(done) < MAX_JOBS, f"jobs do not end: {set(done[-10:])}"
            job_id, name, arguments = rows[0]
            done.append(name)
            end = self.run(name, arguments)
            self.query("UPDATE procrastinate_jobs SET status = %(end)s WHERE id = %(id)s", id=job_id, end=end)
        return done

    def run(self, name: str, arguments: dict[str, Any]) -> str:
        """Run one task and return how its job ends."""
        context = SimpleNamespace(additional_context={"worker": WorkerContext(self.app, self.portal)})
        release_connection()
        try:
            queue.tasks[name].func(context, **json.loads(json.dumps(arguments)))
        except Exception:
            return "failed"
        return "succeeded"

    def shoot(self, shoot: Shoot | Any) -> Shoot:
        """The shoot as it is in the database now."""
        with transaction() as session:
            found = session.get(Shoot, getattr(shoot, "id", shoot), populate_existing=True)
            assert found is not None
            session.expunge(found)
        release_connection()
        return found

    def send(self, body: dict[str, Any] | bytes, *, at: datetime | None = None) -> int | None:
        """Send the portal a webhook the provider signed at ``at``, by default now."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        settings = self.portal.settings
        receiver = WebhookReceiver(BRANDS[settings.provider], settings.webhook_secrets, settings.webhook_scheme)
        return deliveries.store_delivery(receiver, raw, sign_headers(raw, at or self.clock.now), now=self.clock.now)

    def run_concurrently(self, calls: list[Callable[[], Any]]) -> list[Any]:
        """Make calls at the same moment, each in a thread with a context of its own; return what each gave."""
        start = threading.Barrier(len(calls))
        results: list[Any] = [None] * len(calls)

        def one(index: int, call: Callable[[], Any]) -> None:
            with self.app.app_context():
                start.wait(60)
                try:
                    results[index] = call()
                except Exception as error:
                    results[index] = error

        threads = [threading.Thread(target=one, args=(index, call)) for index, call in enumerate(calls)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        return results


def format_iso_time(moment: datetime) -> str:
    """A time as the provider writes it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
