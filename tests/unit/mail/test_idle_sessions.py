"""SMTP sessions that are used for several messages: fewer sign-ins, and a session that ended is replaced."""

from __future__ import annotations

import gc
import smtplib
import socket
from typing import Any

import pytest

from portal.mail import Mailer, MailRefused, idle_sessions
from portal.mail.idle_sessions import IdleSessions, SmtpSession
from tests.smtp import Post
from tests.unit.mail.messages import FROM, build_message


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Every session that is opened."""
    made: list[object] = []
    connect = smtplib.SMTP.connect

    def record(self: smtplib.SMTP, *arguments: Any, **options: Any) -> Any:
        made.append(self)
        return connect(self, *arguments, **options)

    monkeypatch.setattr("portal.mail.connection._SmtpConnection.connect", record)
    return made


def test_messages_share_one_session(post: Post, opened: list[object]) -> None:
    mailer = Mailer.from_url(post.url, FROM)
    for number in range(5):
        mailer.send(build_message(f"p{number}@example.com"))
    assert len(post.received) == 5
    assert len(opened) == 1


def test_refused_message_ends_its_session_and_no_other(post: Post, opened: list[object]) -> None:
    post.refusals["gone@example.com"] = "550 no such mailbox"
    mailer = Mailer.from_url(post.url, FROM)
    mailer.send(build_message())
    with pytest.raises(MailRefused):
        mailer.send(build_message("gone@example.com"))
    mailer.send(build_message())
    assert len(post.received) == 2
    assert len(opened) == 2


def test_session_that_the_server_ended_is_replaced(post: Post, opened: list[Any]) -> None:
    mailer = Mailer.from_url(post.url, FROM)
    mailer.send(build_message())
    opened[0].sock.shutdown(socket.SHUT_RDWR)
    mailer.send(build_message())
    assert len(post.received) == 2
    assert len(opened) == 2


def test_session_ends_after_its_last_message(post: Post, opened: list[object], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idle_sessions, "MAX_MESSAGES", 2)
    mailer = Mailer.from_url(post.url, FROM)
    for _message in range(4):
        mailer.send(build_message())
    assert len(opened) == 2


def test_session_that_was_idle_for_long_is_not_used(post: Post) -> None:
    times = iter([0.0, 0.0, 100.0])
    sessions = IdleSessions(clock=lambda: next(times))
    connection = smtplib.SMTP("127.0.0.1", post.port, timeout=60)
    sessions.store_session(SmtpSession(connection))
    assert sessions.take_session() is not None
    sessions = IdleSessions(clock=iter([0.0, 100.0]).__next__)
    sessions.store_session(SmtpSession(connection))
    assert sessions.take_session() is None
    assert connection.sock is None


def test_sessions_are_closed_with_their_mailer(post: Post, opened: list[Any]) -> None:
    mailer = Mailer.from_url(post.url, FROM)
    mailer.send(build_message())
    del mailer
    gc.collect()
    assert opened[0].sock is None
