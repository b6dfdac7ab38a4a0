"""A deployment with open pages: they reconnect to the new process within seconds, and no page stays stale."""

from __future__ import annotations

import signal
import time
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from portal.db import transaction
from portal.models import people, shoots
from portal.models.people import Person
from tests.factories import make_consent, make_person, make_shoot
from tests.integration.core.browsers import Address, OpenPage
from tests.integration.core.processes import build_environment, create_session_cookie, run_web
from tests.integration.core.worked_example import WorkedExample
from tests.waiting import wait_until

PAGES = 40
# Less than a process that is stopping waits for its requests.
SECONDS = 15


def test_deploy_reconnects_all_streams_within_seconds_without_stale_content(
    worked_example: WorkedExample, database_url: str, tmp_path: Path
) -> None:
    """As on a platform: the new process is up before the old one is stopped, and receives new connections."""
    persons = [create_person_in_studio() for _ in range(PAGES)]
    env = build_environment(database_url, tmp_path)
    with ExitStack() as stack:
        old, old_port = stack.enter_context(run_web(env, tmp_path / "old.log"))
        address = Address(old_port)
        pages = [stack.enter_context(OpenPage(address, create_session_cookie(person))) for person in persons]
        wait_until(lambda: all(page.connected_to == old_port for page in pages))
        before = [page.fetch_fragment() for page in pages]
        _new, address.port = stack.enter_context(run_web(env, tmp_path / "new.log"))
        notified_at = time.monotonic()
        old.send_signal(signal.SIGTERM)
        # Changes while pages are between the two processes: no stream can send them.
        for person in persons:
            receive_photos(person)
        wait_until(
            lambda: all(page.connected_to == address.port for page in pages),
            seconds=SECONDS - (time.monotonic() - notified_at),
        )
        after = [page.fetch_fragment() for page in pages]
        assert not set(before) & set(after)
        wait_until(lambda: [page.seen for page in pages] == after)
        assert old.wait(60) == 0
        # A page is connected before its process listens for versions.
        wait_until(lambda: count_listeners(database_url) == 1)
        for person in persons:
            with transaction():
                people.publish_version(person.id)
        versions = [str(people.get_version(person.id)) for person in persons]
        wait_until(lambda: [page.received[-1] for page in pages] == versions)


@pytest.mark.parametrize("config", ["gunicorn.conf.py", "bench/attached_streams.py"])
def test_stream_receives_updates_with_and_without_the_fast_path(
    worked_example: WorkedExample, database_url: str, tmp_path: Path, config: str
) -> None:
    person = create_person_in_studio()
    with ExitStack() as stack:
        process, port = stack.enter_context(
            run_web(build_environment(database_url, tmp_path), tmp_path / "log", config=config)
        )
        page = stack.enter_context(OpenPage(Address(port), create_session_cookie(person)))
        # Connected, and then woken once when the process listens for versions: one from before would be lost.
        wait_until(lambda: len(page.received) > 1)
        with transaction():
            people.publish_version(person.id)
        version = str(people.get_version(person.id))
        wait_until(lambda: page.received[-1:] == [version])
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


def test_process_uses_one_listener_for_all_streams(
    worked_example: WorkedExample, database_url: str, tmp_path: Path
) -> None:
    cookies = [create_session_cookie(make_person()) for _ in range(12)]
    processes = 2
    with ExitStack() as stack:
        env = build_environment(database_url, tmp_path, WEB_CONCURRENCY=str(processes))
        _, port = stack.enter_context(run_web(env, tmp_path / "web.log"))
        pages = [stack.enter_context(OpenPage(Address(port), cookie)) for cookie in cookies]
        wait_until(lambda: all(page.connected_to for page in pages))
        # Each process listens as soon as it has a page, and a few connections alone may all go to one of them.
        wait_until(lambda: 1 <= count_listeners(database_url) <= processes)
        more = [stack.enter_context(OpenPage(Address(port), cookie)) for cookie in cookies]
        wait_until(lambda: all(page.connected_to for page in more))
        assert 1 <= count_listeners(database_url) <= processes


def create_person_in_studio() -> Person:
    person = make_person()
    make_consent(person)
    make_shoot(person)
    return person


def receive_photos(person: Person) -> None:
    with transaction():
        shoot = shoots.find_latest(person.id)
        assert shoot is not None
        shoot.provider_status = "generating"
        people.publish_version(person.id)


def count_listeners(database_url: str) -> int:
    with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE query LIKE 'LISTEN%' AND state = 'idle' AND datname = current_database()"
        ).fetchone()
    assert row is not None
    return int(row[0])
