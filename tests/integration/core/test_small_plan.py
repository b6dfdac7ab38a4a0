"""The smallest database plan: all pools together fit, visitors and webhooks wait instead of failing, doctor gets in."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from flask import Flask

from portal.app import Role, create_app
from portal.jobs.worker import create_connector
from portal.settings import Settings
from tests.factories import make_consent, make_person
from tests.integration.core.conftest import close_connections
from tests.integration.core.processes import (
    TOP,
    build_environment,
    create_session_cookie,
    run_process,
    run_web,
    wait_until,
)
from tests.integration.core.signing import sign_headers
from tests.integration.core.worked_example import WorkedExample

LIMIT = 20
VISITS = 100
AT_A_TIME = 24
WEBHOOKS = 60


@pytest.fixture
def small_url(worked_example: WorkedExample, database_url: str) -> Iterator[str]:
    """The test's database as a role that may open 20 connections and is no superuser."""
    role = f"small_{urlsplit(database_url).path[1:]}"
    worked_example.query(f"CREATE ROLE {role} LOGIN CONNECTION LIMIT {LIMIT}")
    for kind in ("TABLES", "SEQUENCES", "FUNCTIONS"):
        worked_example.query(f"GRANT ALL ON ALL {kind} IN SCHEMA public TO {role}")
    yield database_url.replace("//postgres@", f"//{role}@")
    worked_example.query(f"DROP OWNED BY {role}")
    worked_example.query(f"DROP ROLE {role}")


def count_largest_use(app: Flask) -> int:
    """The most connections the app's own pools may open."""
    with app.app_context():
        pool = app.extensions["sqlalchemy"].engine.pool
        assert pool._max_overflow == 0
        batchers = (app.extensions[name] for name in ("statement_batcher", "best_effort_batcher"))
        return int(pool.size()) + sum(len(each._free) for each in batchers)


@pytest.mark.parametrize("total", [20, 40, 120])
def test_all_pools_add_up_to_the_limit(total: int, portal_settings: object, database_url: str) -> None:
    settings: Settings = portal_settings(database_connections=total)  # type: ignore[operator]
    plan = settings.connection_plan
    roles: tuple[Role, ...] = ("web", "worker", "command")
    apps = {role: create_app(settings, role=role) for role in roles}
    with ExitStack() as stack:
        for app in apps.values():
            stack.enter_context(close_connections(app))
        listener = 1
        assert count_largest_use(apps["web"]) + listener == plan.per_web_process
        queue_pool = create_connector(settings.database_url, plan.worker_queue)._pool_args["max_size"]
        queue_listeners = 2
        # The worker's code uses no autonomous statements.
        worker_pool = apps["worker"].config["SQLALCHEMY_ENGINE_OPTIONS"]["pool_size"]
        assert worker_pool + queue_pool + queue_listeners == plan.per_worker
        assert plan.web_processes * plan.per_web_process + plan.per_worker + 3 == plan.largest_use <= total


def get_status(port: int, cookie: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/headshots", headers={"Host": "localhost", "Cookie": cookie})
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status


def send_webhook(port: int, number: int) -> int:
    event = {"id": f"evt_{number}", "event": "model.created", "object": {"_id": f"m{number}", "status": "onboarding"}}
    body = json.dumps(event).encode()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = dict(sign_headers(body, datetime.now(UTC))) | {"Host": "localhost"}
    connection.request("POST", "/webhooks/profilebakery", body=body, headers=headers)
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status


def run_doctor(env: dict[str, str]) -> list[str]:
    run = subprocess.run(
        [sys.executable, "-m", "portal", "doctor"],
        cwd=TOP,
        env=env,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    return [line for line in run.stdout.splitlines() if "database" in line]


def test_visits_and_webhooks_wait_and_doctor_connects(
    worked_example: WorkedExample, small_url: str, tmp_path: Path
) -> None:
    people = [make_person() for _ in range(AT_A_TIME)]
    for person in people:
        make_consent(person)
    cookies = [create_session_cookie(person) for person in people]
    env = build_environment(small_url, tmp_path, WEB_CONCURRENCY="2", DATABASE_CONNECTIONS=str(LIMIT))
    with ExitStack() as stack:
        _, port = stack.enter_context(run_web(env, tmp_path / "web.log"))
        stack.enter_context(run_process(["-m", "portal", "worker"], env, tmp_path / "worker.log"))
        wait_until(lambda: "worker.started" in (tmp_path / "worker.log").read_text(), log=tmp_path / "worker.log")
        pool = stack.enter_context(ThreadPoolExecutor(AT_A_TIME + 8))
        visits = [pool.submit(get_status, port, cookies[number % AT_A_TIME]) for number in range(VISITS)]
        webhooks = [pool.submit(send_webhook, port, number) for number in range(WEBHOOKS)]
        notified = run_doctor(env)
        assert {each.result() for each in visits} == {200}
        assert {each.result() for each in webhooks} == {200}
        assert [line[:3] for line in notified] == ["ok ", "ok "]
        assert f"the database allows {LIMIT}" in notified[1]
        role = urlsplit(small_url).username
        [(used,)] = worked_example.query(f"SELECT count(*) FROM pg_stat_activity WHERE usename = '{role}'")
        assert int(used) <= LIMIT - 3


def test_doctor_compares_the_limit_with_what_the_processes_use(small_url: str, tmp_path: Path) -> None:
    notified = run_doctor(build_environment(small_url, tmp_path, WEB_CONCURRENCY="2", DATABASE_CONNECTIONS="40"))
    assert notified[1].startswith("BAD connections")
    assert notified[1].endswith(f"set DATABASE_CONNECTIONS={LIMIT}")


def test_server_without_free_connections_is_retried(worked_example: WorkedExample, small_url: str) -> None:
    conninfo = small_url.replace("+psycopg", "")
    from portal.db.connecting import open_connection  # noqa: PLC0415 - what is tested, beside psycopg's own

    with ExitStack() as stack:
        taken = [stack.enter_context(psycopg.connect(conninfo)) for _ in range(LIMIT)]
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(conninfo)
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(open_connection, conninfo)
            taken[0].close()
            waiting.result(60).close()
