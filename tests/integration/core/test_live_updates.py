"""Live pages: a change reaches the open pages of the person it concerns, and carries nothing but a number."""

from __future__ import annotations

import contextlib
import http.client
import os
import queue
import re
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update

from portal.db import transaction
from portal.models import people
from portal.models.people import Person
from portal.models.sessions import Session
from portal.services import people as people_service
from portal.services import sessions as signins
from portal.web.live import connection
from portal.web.live import hub as hub_module
from portal.web.live.connection import FIRST_EVENT, SseConnection
from portal.web.live.hub import STREAM_END, Hub, VersionQueue
from portal.web.live.routes import _stream
from tests.factories import NOW, make_consent, make_person
from tests.integration.core.processes import build_environment, create_session_cookie, run_web
from tests.integration.core.worked_example import WorkedExample
from tests.waiting import END_SECONDS, wait_until


@pytest.fixture
def hub(worked_example: WorkedExample, database_url: str) -> Iterator[Hub]:
    made = Hub(database_url)
    yield made
    made.close_streams()
    thread = made._thread
    if thread is not None:
        thread.join(60)
        assert not thread.is_alive()


@contextlib.contextmanager
def open_page(hub: Hub, person_id: UUID) -> Iterator[VersionQueue]:
    """An open page that has looked once, as every page does when the listener is ready."""
    with hub.subscribe(person_id) as mailbox:
        with contextlib.suppress(queue.Empty):
            assert mailbox.get(timeout=60) == 0
        yield mailbox


def publish_version(person_id: UUID) -> int:
    with transaction():
        people.publish_version(person_id)
    return people.get_version(person_id)


def test_a_change_reaches_all_pages_of_its_person_and_no_other(hub: Hub) -> None:
    person_id, other = make_person().id, make_person().id
    with open_page(hub, person_id) as first, hub.subscribe(person_id) as second, hub.subscribe(other) as outsider:
        version = publish_version(person_id)
        assert first.get(timeout=60) == second.get(timeout=60) == version
        assert outsider.empty()
        assert publish_version(other) == outsider.get(timeout=60)
        assert first.empty()


def test_notification_is_sent_only_after_commit(hub: Hub) -> None:
    person = make_person()
    with open_page(hub, person.id) as mailbox:
        with contextlib.suppress(ZeroDivisionError), transaction():
            people.publish_version(person.id)
            raise ZeroDivisionError
        with transaction():
            people.publish_version(person.id)
            time.sleep(0.3)
            assert mailbox.empty()
        assert mailbox.get(timeout=60) == 1


def test_a_slow_page_gets_the_newest_version_only(hub: Hub) -> None:
    person = make_person()
    with open_page(hub, person.id) as mailbox, hub.subscribe(uuid4()):
        for _ in range(5):
            last = publish_version(person.id)
        wait_until(lambda: mailbox.queue and mailbox.queue[0] == last)
        assert mailbox.get(timeout=60) == last
        assert mailbox.empty()


def test_listener_reconnects_and_refreshes_all_streams(
    hub: Hub, worked_example: WorkedExample, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = make_person()
    may_reconnect = threading.Event()
    may_reconnect.set()
    monkeypatch.setattr(hub_module, "time", SimpleNamespace(sleep=lambda _pause: may_reconnect.wait(60)))
    with open_page(hub, person.id) as mailbox:
        may_reconnect.clear()
        ended = worked_example.query(
            "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity "
            "WHERE query LIKE 'LISTEN%' AND datname = current_database()"
        )
        assert ended == [(True,)]
        publish_version(person.id)
        may_reconnect.set()
        # Notifications in between are lost, so every page polls once.
        assert mailbox.get(timeout=60) == 0
        version = publish_version(person.id)
        assert mailbox.get(timeout=60) == version


def test_malformed_notification_does_not_stop_the_listener(hub: Hub, worked_example: WorkedExample) -> None:
    person = make_person()
    with open_page(hub, person.id) as mailbox:
        for payload in ("", "nonsense", f"{person.id}", f"{person.id} x", "x 1"):
            worked_example.query("SELECT pg_notify('portal_person', %(payload)s)", payload=payload)
        assert publish_version(person.id) == mailbox.get(timeout=60)


def test_closing_ends_every_stream(hub: Hub) -> None:
    person_id = make_person().id
    with open_page(hub, person_id) as mailbox:
        hub.close_streams()
        assert mailbox.get(timeout=60) == STREAM_END
    assert hub.is_closed
    stream = _stream(hub, person_id)
    assert list(stream) == [FIRST_EVENT]


def _sign_out(person: Person) -> None:
    signins.sign_out(person, b"token", now=NOW)


def _end_all(person: Person) -> None:
    signins.end_sessions(person.id, actor=person, now=NOW)


def _obey(person: Person) -> None:
    create_session_cookie(person)
    with transaction() as session:
        session.execute(update(Session).values(issuer=person.issuer))
    assert signins.apply_logout_token(person.issuer, "order", subject=person.subject, sid=None, now=NOW) == 1


def _deactivate(person: Person) -> None:
    people_service.deactivate_person(person.id, actor=make_person(), now=NOW)


@pytest.mark.parametrize("end", [_sign_out, _end_all, _obey, _deactivate])
def test_end_of_a_sign_in_ends_the_streams_of_its_person_and_no_other(end: Callable[[Person], None], hub: Hub) -> None:
    person, other = make_person(), make_person()
    with open_page(hub, person.id) as first, hub.subscribe(person.id) as second, hub.subscribe(other.id) as outsider:
        end(person)
        assert first.get(timeout=60) == second.get(timeout=60) == STREAM_END
        assert outsider.empty()


def test_stream_with_a_stop_request_ends_despite_later_messages(hub: Hub) -> None:
    person = make_person()
    with open_page(hub, person.id) as mailbox:
        _end_all(person)
        wait_until(lambda: mailbox.queue and mailbox.queue[0] == STREAM_END)
        # All updates that the other mailbox received, this one received too.
        with hub.subscribe(person.id) as later:
            publish_version(person.id)
            later.get(timeout=60)
        assert mailbox.get(timeout=60) == STREAM_END


def test_disconnected_pages_leave_no_subscription(hub: Hub) -> None:
    for _ in range(20):
        with hub.subscribe(uuid4()):
            pass
    assert hub._subscribers == {}


def test_disconnected_stream_is_removed_at_next_version(hub: Hub) -> None:
    person = make_person()
    own, foreign = socket.socketpair()
    with own, foreign, open_page(hub, person.id) as mailbox:
        sse_connection = SseConnection(os.dup(own.fileno()))
        hub.add(person.id, sse_connection)
        assert publish_version(person.id) == mailbox.get(timeout=60)
        assert foreign.recv(100).endswith(b"data: 1\n\n\r\n")
        foreign.close()
        assert publish_version(person.id) == mailbox.get(timeout=60)
        wait_until(lambda: hub._subscribers == {str(person.id): {mailbox}})


def test_server_without_connection_handover_streams_too(worked_example: WorkedExample) -> None:
    person = make_person()
    client = worked_example.app.test_client()
    client.set_cookie(*create_session_cookie(person).split("=", 1))
    hub = worked_example.app.extensions["hub"]
    with client.get("/headshots/events") as response:
        assert response.status_code == 200
        parts = response.iter_encoded()
        assert next(parts) == FIRST_EVENT.encode()
        assert next(parts) == b"event: stage\ndata: 0\n\n"
        version = publish_version(person.id)
        assert next(parts) == f"event: stage\ndata: {version}\n\n".encode()
        hub.close_streams()
        assert list(parts) == []
    assert hub._subscribers == {}


def test_streams_over_the_process_limit_are_refused_and_pages_poll(
    worked_example: WorkedExample, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = worked_example.app.test_client()
    client.set_cookie(*create_session_cookie(make_person()).split("=", 1))
    monkeypatch.setattr(connection, "is_limit_reached", lambda: True)
    assert client.get("/headshots/events").status_code == 503
    assert client.get("/headshots/status").status_code == 200


def test_stream_without_session_is_refused(worked_example: WorkedExample) -> None:
    response = worked_example.app.test_client().get("/headshots/events")
    assert response.status_code == 401


def test_through_the_real_server(worked_example: WorkedExample, database_url: str, tmp_path: Path) -> None:
    """Only numbers are sent, only to their person, until their sign-in or the server comes to its end."""
    person, other = make_person("canary@example.com", name="Canary Name"), make_person()
    make_consent(person)
    cookie = create_session_cookie(person)
    with run_web(build_environment(database_url, tmp_path), tmp_path / "web.log") as (process, port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", "/headshots/events", headers={"Cookie": cookie, "Host": "localhost"})
        response = connection.getresponse()
        assert response.status == 200
        assert response.headers["Content-Type"].startswith("text/event-stream")
        assert "no-store" in response.headers["Cache-Control"]
        assert response.headers["Set-Cookie"] is None
        received = [read_message(response)]
        wait_until(lambda: is_listening(worked_example))
        # Every page is woken once when the listener is ready.
        received.append(read_message(response))
        publish_version(other.id)
        version = publish_version(person.id)
        while f"data: {version}" not in received[-1]:
            received.append(read_message(response))
        signins.end_sessions(person.id, actor=other, now=NOW)
        assert response.read() == b""
        connection.close()
        connection.request("GET", "/headshots/events", headers={"Cookie": cookie, "Host": "localhost"})
        assert connection.getresponse().status == 401
        connection.close()
        connection.request(
            "GET", "/headshots/events", headers={"Cookie": create_session_cookie(other), "Host": "localhost"}
        )
        response = connection.getresponse()
        read_message(response)
        assert all(re.fullmatch(r"(retry: 2000\n)?event: stage\ndata: \d+\n\n", message) for message in received), (
            received
        )
        stopped_at = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert response.read() == b""
        assert time.monotonic() - stopped_at < END_SECONDS
        connection.close()
        assert process.wait(60) == 0


def is_listening(worked_example: WorkedExample) -> bool:
    return bool(
        worked_example.query(
            "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()"
        )
    )


def read_message(response: http.client.HTTPResponse) -> str:
    message = b""
    while not message.endswith(b"\n\n"):
        line = response.readline()
        assert line, message
        message += line
    return message.decode()
