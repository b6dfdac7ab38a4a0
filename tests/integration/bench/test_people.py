"""The benchmark's people: signed in, with a session in progress, and updated by commits."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg

from bench.people import create_people
from bench.updates import UpdatePublisher
from portal.app import create_app
from portal.db import db
from portal.models.people import CHANNEL
from portal.settings import Settings


def test_seeded_people_are_signed_in_and_waiting(portal_settings: Callable[..., Settings], database_url: str) -> None:
    visitors = create_people(database_url.replace("+psycopg", ""), 3)
    assert len({each.cookie for each in visitors}) == len({each.person_id for each in visitors}) == 3
    app = create_app(portal_settings())
    client = app.test_client()
    name, _, value = (
        visitors[2].build_request("/").partition(b"Cookie: ")[2].partition(b"\r\n")[0].decode().partition("=")
    )
    assert client.get("/headshots/status").status_code == 401
    client.set_cookie(name, value)
    response = client.get("/headshots/status")
    assert response.status_code == 200
    assert "Your headshots are on the way" in response.text
    with app.app_context():
        db.engine.dispose()


def test_notification_is_sent_at_commit(database_url: str) -> None:
    url = database_url.replace("+psycopg", "")
    visitors = create_people(url, 2)
    with psycopg.connect(url, autocommit=True) as listener, closing(UpdatePublisher(url)) as publisher:
        listener.execute(f"LISTEN {CHANNEL}")
        for version in (1, 2):
            versions = publisher.prepare([visitors[1].person_id])
            assert versions == {visitors[1].person_id: version}
            assert list(listener.notifies(timeout=0)) == []
            publisher.send()
            publisher.wait_for_commit()
            received = [notification.payload for notification in listener.notifies(timeout=60, stop_after=1)]
            assert received == [f"{visitors[1].person_id} {version}"]


def test_a_commit_is_awaited_while_more_than_1024_files_are_open(database_url: str) -> None:
    url = database_url.replace("+psycopg", "")
    visitors = create_people(url, 1)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with ExitStack() as stack:
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        for _ in range(1024):
            stack.enter_context(Path(os.devnull).open())
        publisher = stack.enter_context(closing(UpdatePublisher(url)))
        assert publisher.prepare([visitors[0].person_id]) == {visitors[0].person_id: 1}
        publisher.send()
        publisher.wait_for_commit()
        with psycopg.connect(url) as other:
            row = other.execute("SELECT version FROM people WHERE id = %s", [visitors[0].person_id]).fetchone()
    assert row == (1,)
