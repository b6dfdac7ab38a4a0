"""The mailer against a real server: encryption, sign-in, and which refusal means what."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from demo.ports import find_free_port
from portal.mail import MailDeferred, Mailer, MailRefused, MailUnavailable, connection
from tests.smtp import Post, run_server
from tests.unit.mail.messages import FROM, build_message

PASSWORD = "p@ss/word:canary"
ENCODED = "p%40ss%2Fword%3Acanary"


def test_a_message_arrives(post: Post) -> None:
    Mailer.from_url(post.url, FROM).send(build_message())
    [got] = post.to("ada@example.com")
    assert post.envelopes[0].mail_from == "portal@acme.example"
    assert next(got.iter_parts()).get_content().splitlines() == ["Hello", ".", "still here"]


def test_encryption_is_used_when_it_is_offered(certificate: Any) -> None:
    with run_server(Post(find_free_port()), tls=certificate.server) as post:
        Mailer.from_url(post.url, FROM, trust=certificate.trust).send(build_message())
        assert post.encrypted == [True]


def test_encryption_from_the_first_byte(certificate: Any) -> None:
    with run_server(Post(find_free_port()), tls=certificate.server, at_once=True) as post:
        Mailer.from_url(post.url.replace("smtp:", "smtps:"), FROM, trust=certificate.trust).send(build_message())
        assert len(post.received) == 1


@pytest.mark.parametrize("at_once", [True, False])
def test_untrusted_certificate_is_refused(certificate: Any, at_once: bool) -> None:
    with run_server(Post(find_free_port()), tls=certificate.server, at_once=at_once) as post:
        url = post.url.replace("smtp:", "smtps:") if at_once else post.url
        with pytest.raises(MailUnavailable, match="tls"):
            Mailer.from_url(url, FROM).send(build_message())
        assert post.received == []


def test_smtp_password_is_sent_with_tls(certificate: Any) -> None:
    with run_server(Post(find_free_port(), password=PASSWORD), tls=certificate.server) as post:
        url = post.url.replace("//", f"//portal:{ENCODED}@")
        Mailer.from_url(url, FROM, trust=certificate.trust).send(build_message())
        assert post.signed_in == [True]


def test_wrong_smtp_password_delays_all_mails_and_loses_none(certificate: Any) -> None:
    with run_server(Post(find_free_port(), password="another"), tls=certificate.server) as post:
        mailer = Mailer.from_url(post.url.replace("//", f"//portal:{ENCODED}@"), FROM, trust=certificate.trust)
        with pytest.raises(MailUnavailable, match="auth") as failure:
            mailer.check()
        assert failure.value.retryable
        assert "canary" not in repr(mailer) + repr(failure.value)


def test_smtp_password_is_not_sent_unencrypted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "_LOOPBACK", frozenset())
    with run_server(Post(find_free_port())) as post:
        mailer = Mailer.from_url(post.url.replace("//", f"//portal:{ENCODED}@"), FROM)
        with pytest.raises(MailUnavailable, match="no_tls"):
            mailer.send(build_message())


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        ("550 no such mailbox", MailRefused),
        ("553 never", MailRefused),
        ("450 come back later", MailDeferred),
        ("452 full", MailDeferred),
        ("421 going down", MailUnavailable),
    ],
)
def test_what_a_refused_recipient_means(post: Post, response: str, expected: type[Exception]) -> None:
    post.refusals["ada@example.com"] = response
    mailer = Mailer.from_url(post.url, FROM)
    with pytest.raises(expected) as refusal:
        mailer.send(build_message())
    assert type(refusal.value) is expected
    assert str(refusal.value) == response[:3]
    mailer.send(build_message("other@example.com"))
    assert len(post.to("other@example.com")) == 1


@pytest.mark.parametrize(("response", "expected"), [("554 spam", MailRefused), ("451 later", MailDeferred)])
def test_what_a_refused_message_means(post: Post, response: str, expected: type[Exception]) -> None:
    post.at_data = response
    with pytest.raises(expected):
        Mailer.from_url(post.url, FROM).send(build_message())


def test_a_refused_sender_concerns_every_message(post: Post) -> None:
    post.at_sender = "550 who are you"
    with pytest.raises(MailUnavailable) as failure:
        Mailer.from_url(post.url, FROM).send(build_message())
    assert not isinstance(failure.value, MailDeferred)


def test_a_server_that_is_down() -> None:
    with pytest.raises(MailUnavailable) as failure:
        Mailer.from_url(f"smtp://127.0.0.1:{find_free_port()}", FROM).send(build_message())
    assert failure.value.cause == "ConnectionRefusedError"


@pytest.mark.parametrize("replies", [(), (b"220 hi\r\n",), (b"554 no\r\n",), (b"\xff\xfe garbage\r\n",)])
def test_malformed_server_replies_are_unavailable(monkeypatch: pytest.MonkeyPatch, replies: tuple[bytes, ...]) -> None:
    monkeypatch.setattr(connection, "REPLY_SECONDS", 0.3)
    with serve_replies(*replies) as port, pytest.raises(MailUnavailable):
        Mailer.from_url(f"smtp://127.0.0.1:{port}", FROM).send(build_message())


def test_mail_accepted_before_connection_error_counts_as_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "REPLY_SECONDS", 2)
    yes = b"250 OK\r\n"
    with serve_replies(b"220 hi\r\n", yes, yes, yes, b"354 go\r\n", yes) as port:
        Mailer.from_url(f"smtp://127.0.0.1:{port}", FROM).send(build_message())


@pytest.mark.parametrize(
    "url",
    [
        "http://mail.example",
        "smtp://",
        "smtp://user-canary@mail.example",
        "smtp://mail.example/path",
        "smtp://user:w%C3%B6rd-canary@mail.example",
        "smtp://mail.example?x=1",
        "smtp://user:canary@mail.example:port",
    ],
)
def test_addresses_of_servers_that_make_no_sense(url: str) -> None:
    with pytest.raises(ValueError, match="MAIL_URL") as refusal:
        Mailer.from_url(url, FROM)
    assert "canary" not in str(refusal.value)


@pytest.mark.parametrize("sender", ["", "portal", "portal@acme.example\nBcc: x@y.example"])
def test_senders_that_make_no_sense(sender: str) -> None:
    with pytest.raises(ValueError, match="MAIL_FROM"):
        Mailer.from_url("smtp://mail.example", sender)


@pytest.mark.parametrize(
    ("url", "port"),
    [
        ("smtp://m.example", 25),
        ("smtp://u:p@m.example", 587),
        ("smtps://u:p@m.example", 465),
        ("smtp://m.example:26", 26),
    ],
)
def test_usual_ports(url: str, port: int) -> None:
    assert repr(Mailer.from_url(url, FROM)) == f"Mailer(m.example:{port})"


@contextmanager
def serve_replies(*lines: bytes) -> Iterator[int]:
    """A server that sends one line at connection and one for each command, then nothing more."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(60)
    end = threading.Event()

    def serve() -> None:
        called, _address = listener.accept()
        called.settimeout(60)
        with called:
            for position, line in enumerate(lines):
                if position and not called.recv(65536):
                    return
                called.sendall(line)
            end.wait(60)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        end.set()
        thread.join(60)
        listener.close()
