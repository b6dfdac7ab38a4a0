"""The worker process: recovery after SIGKILL and a clean end on SIGTERM."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from portal.db import transaction
from portal.domain.job_types import REFRESH_SHOOT
from portal.models import provider_account
from portal.models import queue as jobs
from tests.factories import NOW, make_consent, make_person, make_shoot
from tests.integration.core.processes import build_environment, run_process
from tests.integration.core.worked_example import WorkedExample
from tests.waiting import wait_until

REFRESH_JOBS = "SELECT status::text FROM procrastinate_jobs WHERE task_name = 'shoots.refresh'"


class SlowProvider:
    """An HTTP provider with one model, pending until a test sets `may_respond`: then its readers get a response.

    Its list and the model agree, as a provider's do. If they did not, a sweep beside the job under test would confirm
    the listed status, and the job would have to read the model again 20 seconds later.
    """

    def __init__(self) -> None:
        self.request_received = threading.Semaphore(0)
        self.may_respond = threading.Event()
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path.startswith("/api/v2/organization/models/"):
                    provider.request_received.release()
                    provider.may_respond.wait(60)
                    self.say({"model": {"id": "m1", "status": "waiting"}})
                elif "favorites" in self.path:
                    self.say({"photos": [], "pagination": {"hasMore": False}})
                else:
                    status = "waiting" if provider.may_respond.is_set() else "pending"
                    self.say({"models": [{"id": "m1", "status": status}], "pagination": {"hasMore": False}})

            def say(self, response: dict[str, Any]) -> None:
                body = json.dumps({"success": True, **response}).encode()
                try:
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:
                    return  # the client was killed

            def log_message(self, *_: object) -> None:
                return None

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/api/v2"


@pytest.fixture
def slow_provider() -> Iterator[SlowProvider]:
    made = SlowProvider()
    thread = threading.Thread(target=made.server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield made
    made.may_respond.set()
    made.server.shutdown()
    made.server.server_close()
    thread.join(60)


def test_job_of_a_killed_worker_is_done_by_another_and_sigterm_ends_a_worker_cleanly(
    worked_example: WorkedExample, database_url: str, slow_provider: SlowProvider, tmp_path: Path
) -> None:
    person = make_person()
    make_consent(person)
    shoot = make_shoot(person, provider_id="m1", provider_status="pending")
    with transaction():
        jobs.enqueue_job(REFRESH_SHOOT, shoot_id=str(shoot.id))
        # Otherwise the workers would read the account, which this provider does not have.
        provider_account.store_content({}, now=NOW)
    log = tmp_path / "worker.log"
    env = build_environment(database_url, tmp_path, HEADSHOT_API_URL=slow_provider.url)

    with run_process(["-m", "portal", "worker"], env, log) as first:
        assert slow_provider.request_received.acquire(timeout=60), log.read_text()
        first.send_signal(signal.SIGKILL)
        first.wait(60)
    assert worked_example.query(REFRESH_JOBS) == [("doing",)]
    # Most of the time after which a worker counts as dead; the test waits for the rest.
    worked_example.query("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '17 seconds'")
    slow_provider.may_respond.set()

    with run_process(["-m", "portal", "worker"], env, log) as second:
        wait_until(lambda: worked_example.query(REFRESH_JOBS) == [("succeeded",)], log=log)
        assert slow_provider.request_received.acquire(blocking=False)
        assert worked_example.shoot(shoot).provider_status == "waiting"
        wait_until(
            lambda: worked_example.query("SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing'") == [(0,)],
            log=log,
        )
        second.send_signal(signal.SIGTERM)
        assert second.wait(60) == 0, log.read_text()
    assert worked_example.query(REFRESH_JOBS) == [("succeeded",)]
    assert "Traceback" not in log.read_text()


def test_first_worker_reads_the_account(
    worked_example: WorkedExample, database_url: str, slow_provider: SlowProvider, tmp_path: Path
) -> None:
    read_jobs = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'account.read'"
    log = tmp_path / "worker.log"
    env = build_environment(database_url, tmp_path, HEADSHOT_API_URL=slow_provider.url)
    for expected in (1, 0):
        with run_process(["-m", "portal", "worker"], env, log) as worker:
            wait_until(lambda: "worker.started" in log.read_text(), log=log)
            assert worked_example.query(read_jobs) == [(expected,)]
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(60) == 0, log.read_text()
        log.write_text("")
        worked_example.query("DELETE FROM procrastinate_jobs")
        with transaction():
            provider_account.store_content({}, now=NOW)
