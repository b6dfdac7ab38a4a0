"""A running portal in processes, and this process's own view of its database, storage and provider."""

from __future__ import annotations

import hashlib
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests
from flask import Flask

from demo import readiness
from demo.children import Child, stop_all
from demo.ports import Ports
from demo.stack import ROOT, Stack
from portal.app import create_app
from portal.db import db, release_connection, transaction
from portal.domain.job_types import SWEEP, JobType
from portal.models import people
from portal.models import queue as jobs
from portal.models.sessions import Session
from portal.services import erasure, fsck, shoots
from portal.services.erasure_records import RECORD_AREA
from portal.services.shoot_sync import CONFIRM_MISSING_AFTER
from portal.settings import Settings
from portal.storage import LocalStorage
from tests import factories
from tests.faults.people import Participant
from tests.faults.provider_state import list_differences
from tests.faults.sandbox_control import SandboxControl
from tests.waiting import wait_until

# These wait for their hour, not for anything to get better.
SCHEDULED_TASKS = ("schedule.sweep", "schedule.retention", "schedule.take_over", "retention.forget", SWEEP.name)
_WAITING = """
    SELECT id, task_name, status::text FROM procrastinate_jobs
    WHERE status IN ('todo', 'doing') AND NOT (status = 'todo' AND task_name = ANY(%(clock)s))
      AND task_name != 'schedule.take_over'
"""
_SKIP_MISSING_TIME = """
    UPDATE shoots SET missing_since = missing_since - %(time)s
    WHERE closed_at IS NULL AND missing_since IS NOT NULL AND confirmed_by = 'create' RETURNING id
"""
_SKIP_DELAYS = """
    UPDATE procrastinate_jobs SET scheduled_at = now()
    WHERE status = 'todo' AND scheduled_at > now() AND NOT task_name = ANY(%(clock)s) RETURNING id
"""
_NOTIFY_WORKERS = """
    SELECT pg_notify('procrastinate_queue_v1#' || queue, '{"type": "job_inserted", "job_id": 0}')
    FROM unnest(ARRAY['default', 'line']) AS queue
"""


class Deployment:
    """A stack, its sandbox, and the portal's own code on the same database."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.sandbox = SandboxControl(stack.addresses.sandbox)
        self.url = stack.addresses.portal
        self.app: Flask = create_app(Settings.from_env(stack.environment))
        self.extra: list[Child] = []
        self._portal_argv = list(self.portal.argv)
        self._worker_argv = list(self.worker.argv)

    # Processes

    @property
    def worker(self) -> Child:
        return self.stack.child("worker")

    @property
    def portal(self) -> Child:
        return self.stack.child("portal")

    def start(self, child: Child, **environment: str) -> None:
        """Start one of the stack's own processes again and wait until it is at work."""
        child.env = {**self.stack.environment, **environment}
        launched = datetime.now(UTC)
        child.start()
        if child.name == "worker":
            child.wait_until(lambda: readiness.has_worker_heartbeat(self.stack.database_url, launched), seconds=60)
        else:
            child.wait_until(lambda: readiness.is_serving(f"{self.url}/readyz"), seconds=60)

    def stop(self, child: Child) -> None:
        """End one process politely."""
        assert not stop_all([child], seconds=40)

    def replace_portal(self, *, argv: list[str] | None = None, **environment: str) -> None:
        """End the web processes at once, and start them with a changed environment or program."""
        stop_all([self.portal], seconds=0)
        self.portal.argv = argv or self._portal_argv
        self.start(self.portal, **environment)

    def replace_worker(self, *, argv: list[str] | None = None) -> None:
        """End the worker politely, and start another program in its place."""
        self.stop(self.worker)
        self.worker.argv = argv or self._worker_argv
        self.start(self.worker)

    def start_second_portal(self, name: str, **environment: str) -> str:
        """Start web processes beside the others, at an address of their own, which is returned; ends with the test."""
        port = Ports.find_free().portal
        child = Child(
            name=name, argv=self._portal_argv, log=self.stack.logs / f"{name}.log", cwd=ROOT,
            env={**self.stack.environment, "BIND": f"127.0.0.1:{port}", **environment},
        )  # fmt: skip
        self.extra.append(child)
        child.start()
        url = f"http://localhost:{port}"
        child.wait_until(lambda: readiness.is_serving(f"{url}/readyz"), seconds=60)
        return url

    def start_second_worker(self, name: str, *, program: list[str] | None = None, **environment: str) -> Child:
        """Start one more worker; the caller checks its state. It ends with the test."""
        argv = program or [sys.executable, "-m", "portal", "worker"]
        child = Child(
            name=name, argv=argv, env={**self.stack.environment, **environment},
            log=self.stack.logs / f"{name}.log", cwd=ROOT,
        )  # fmt: skip
        self.extra.append(child)
        child.start()
        return child

    def set_webhook_secret(self, secret: str) -> None:
        """Set the webhooks' secret for processes that are started from now on and for the signer."""
        self.stack.secrets = replace(self.stack.secrets, webhook_secret=secret)
        self.stack.environment["HEADSHOT_WEBHOOK_SECRET"] = secret

    def restore(self) -> None:
        """Leave the deployment as the next test expects it: whole, at work, nothing planned to break."""
        stop_all(self.extra, seconds=1)
        self.extra.clear()
        if self.stack.postgres.child.returncode is not None:
            self.stack.postgres.start()
        self.sandbox.clear_faults()
        self.sandbox.switch(
            duplicate_email="new", favorite_event="photo", webhook_order="kept", gallery_size=3, credits=10_000,
            rate_limit=100_000, rate_window_seconds=5, webhook_retry_minutes=(0, 0, 5, 15, 60),
        )  # fmt: skip
        if not self._is_as_made(self.portal, self._portal_argv):
            self.replace_portal()
        if not self._is_as_made(self.worker, self._worker_argv):
            stop_all([self.worker], seconds=1)
            self.worker.argv = self._worker_argv
            self.start(self.worker)

    def _is_as_made(self, child: Child, argv: list[str]) -> bool:
        return child.returncode is None and child.env == self.stack.environment and list(child.argv) == argv

    # The database and the storage

    @property
    def photos(self) -> Path:
        """The folder of the photos."""
        return self.stack.data_dir / "photos"

    @contextmanager
    def app_context(self) -> Iterator[None]:
        """Run the portal's own code on the stack's database."""
        with self.app.app_context():
            try:
                yield
            finally:
                release_connection()

    def query(self, sql: str, **values: Any) -> list[Any]:
        """Run one statement on a connection of its own and return its rows."""
        with psycopg.connect(self.stack.database_url, autocommit=True, connect_timeout=30) as connection:
            cursor = connection.execute(sql, values or None)
            return cursor.fetchall() if cursor.description else []

    def close(self) -> None:
        stop_all(self.extra, seconds=0)
        self.sandbox.close()
        with self.app.app_context():
            db.engine.dispose()

    # Journeys

    def participant(self) -> Participant:
        """A person who has signed in, agreed and pressed start."""
        now, token, mark = datetime.now(UTC), secrets.token_urlsafe(32), secrets.token_hex(6)
        with self.app_context():
            person = factories.make_person(f"{mark}@example.com", subject=mark, now=now)
            factories.make_consent(person, now=now)
            with transaction() as session:
                session.add(
                    Session(
                        token_hash=hashlib.sha256(token.encode()).digest(), person_id=person.id, data={},
                        created_at=now, active_at=now, expires_at=now + timedelta(hours=8),
                    )
                )  # fmt: skip
            shoot = shoots.request_shoot(person, provider="profilebakery", development=False, now=now)
            return Participant(person.id, shoot.id, person.email, token)

    def request_shoot_again(self, participant: Participant) -> None:
        """Press start once more, as a person does after an error."""
        with self.app_context():
            person = people.find_person(participant.person_id)
            assert person is not None
            shoots.request_shoot(person, provider="profilebakery", development=False, now=datetime.now(UTC))

    def erase(self, participant: Participant) -> None:
        """Order that everything about this person goes."""
        with self.app_context():
            erasure.request_erasure(participant.person_id, self.app.extensions["portal"])

    def browser(self, participant: Participant) -> requests.Session:
        """A browser in which this person is signed in."""
        session = requests.Session()
        session.trust_env = False
        session.cookies.set(self.app.config["SESSION_COOKIE_NAME"], participant.cookie, domain="localhost.local")
        return session

    def shoot(self, participant: Participant) -> dict[str, Any]:
        """The row of their shoot."""
        with psycopg.connect(self.stack.database_url, connect_timeout=30) as connection:
            cursor = connection.cursor(row_factory=psycopg.rows.dict_row)
            found = cursor.execute("SELECT * FROM shoots WHERE id = %s", (participant.shoot_id,)).fetchone()
            assert found is not None
            return found

    def wait_for_session(self, participant: Participant) -> str:
        """Wait until they have a session, and return the provider's id of it."""
        found = wait_until(lambda: self.shoot(participant)["provider_id"], f"{participant} has a session")
        return str(found)

    # The end

    def list_pending(self, *, skip_delays: bool = True) -> list[Any]:
        """What is still to be done; with ``skip_delays``, waits between tries are cut short."""
        if skip_delays:
            self.query(_SKIP_DELAYS, clock=list(SCHEDULED_TASKS))
        left = self.query(_WAITING, clock=list(SCHEDULED_TASKS))
        if skip_delays and any(status == "todo" for _, _, status in left):
            # A job that waited for another of its kind to end would be seen at the next look, some seconds later.
            self.query(_NOTIFY_WORKERS)
        return left or [one for one in self.sandbox.deliveries() if one["state"] == "waiting"]

    def wait_until_idle(self, *, seconds: float = 90, sweep: bool = False, skip_delays: bool = True) -> None:
        """Wait until nothing is left to do, with ``sweep`` also what only sweeps find."""
        self._wait_until_idle(seconds, skip_delays)
        if sweep:
            self.sweep()
            # A session that only the response to its creation named is searched for by its address minutes later.
            if self.query(_SKIP_MISSING_TIME, time=CONFIRM_MISSING_AFTER):
                self.sweep()
            self._wait_until_idle(seconds, skip_delays)

    def _wait_until_idle(self, seconds: float, skip_delays: bool) -> None:
        left: list[Any] = []

        def has_no_pending_jobs() -> bool:
            left[:] = self.list_pending(skip_delays=skip_delays)
            return not left

        wait_until(has_no_pending_jobs, lambda: f"the deployment is quiet, left to do: {left}", seconds=seconds)

    def queue(self, job_type: JobType) -> None:
        """Queue a job that the schedule would queue sooner or later.

        Without the lock of its type, so that a killed job of the same type does not keep this one waiting.
        """
        self.query(f"{jobs.INSERT_JOB} '{{}}'", **jobs.build_insert_values(job_type))

    def sweep(self) -> None:
        """Let the worker sweep now, and wait until it has."""
        with self.app_context(), transaction():
            jobs.enqueue_job(SWEEP)
        self.query("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo' AND task_name = %(task)s",
                   task=SWEEP.name)  # fmt: skip
        self.query(_NOTIFY_WORKERS)
        last = self.query("SELECT max(id) FROM procrastinate_jobs WHERE task_name = %(task)s", task=SWEEP.name)[0][0]
        done = "SELECT 1 FROM procrastinate_jobs WHERE id = %(id)s AND status = 'succeeded'"
        wait_until(lambda: self.query(done, id=last), "the sweep is through")

    def violations(self) -> list[str]:
        """Every broken invariant, orphans on the disk included."""
        with self.app_context():
            portal = self.app.extensions["portal"]
            found = [str(one) for one in fsck.list_violations(portal.storage, now=portal.clock(), grace=timedelta(0))]
        return found + self._orphans(portal.storage)

    def _orphans(self, storage: LocalStorage) -> list[str]:
        known = {key for (key,) in self.query("SELECT storage_key FROM renditions")}
        # The record of an erasure stays, for the day a backup is restored.
        known |= {f"{RECORD_AREA}{erasure_id}.json" for (erasure_id,) in self.query("SELECT id FROM erasures")}
        return [f"orphan: {path}" for path in list_files(storage.root) if path not in known]

    def assert_consistent(self) -> None:
        """No invariant is broken, and the portal's data equals the provider's."""
        found = self.violations()
        with self.app_context():
            found += list_differences(self.sandbox.models())
        if found:
            left = "; ".join(f"{task} {status}" for _, task, status in self.query(_WAITING, clock=[])) or "nothing"
            pytest.fail("\n".join(["The deployment is not whole:", *found, f"Still to be done: {left}"]))


def list_files(root: Path) -> list[str]:
    """Every file, half-written ones included, by its path below ``root``."""
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
