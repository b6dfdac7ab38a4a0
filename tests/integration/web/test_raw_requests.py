"""Requests no browser sends, byte by byte against the real server: in doubt about where one ends, foreign, spoofed."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import pytest

from tests.integration.core.processes import build_environment, run_web
from tests.markup import remove_random_values

CHUNKED = b"Transfer-Encoding: chunked"
END = b"0\r\n\r\n"
# What an attacker hopes is taken for a request of its own.
HIDDEN = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


@dataclass
class RawResponses:
    """The data received over one connection until the server closed it or sent nothing more."""

    raw: bytes
    is_closed: bool

    @property
    def statuses(self) -> list[int]:
        return [int(number) for number in re.findall(rb"HTTP/1\.[01] (\d{3}) ", self.raw)]

    @property
    def text(self) -> str:
        """Everything received, without what is random in it."""
        return remove_random_values(self.raw.decode("latin-1"))

    @property
    def head(self) -> dict[str, str]:
        """The first response's headers, without those that differ each time."""
        lines = self.text.partition("\r\n\r\n")[0].split("\r\n")[1:]
        found = dict(line.split(": ", 1) for line in lines)
        return {name: found[name] for name in found if name not in {"Date", "X-Request-ID"}}


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A real server; nothing here gets as far as a database."""
    folder = tmp_path_factory.mktemp("raw")
    with run_web(build_environment("postgresql://127.0.0.1:1/none", folder), folder / "web.log") as (_, port):
        yield port


def send_raw(port: int, raw: bytes, *, timeout: float = 60) -> RawResponses:
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as connection:
        connection.sendall(raw)
        received = b""
        with suppress(TimeoutError, ConnectionResetError):
            while piece := connection.recv(65536):
                received += piece
            return RawResponses(received, is_closed=True)
        return RawResponses(received, is_closed=False)


def build_request(
    *headers: bytes, body: bytes = b"", line: bytes = b"POST /privacy HTTP/1.1", end: bytes = b"\r\n"
) -> bytes:
    return end.join([line, b"Host: localhost", *headers, b"", body])


CONFLICTS = {
    "length and chunks": build_request(b"Content-Length: 5", CHUNKED, body=END + HIDDEN),
    "chunks and length": build_request(CHUNKED, b"Content-Length: 5", body=END + HIDDEN),
    "two lengths": build_request(b"Content-Length: 5", b"Content-Length: 0", body=b"hello" + HIDDEN),
    "a list of lengths": build_request(b"Content-Length: 5, 0", body=b"hello" + HIDDEN),
    "a length with a sign": build_request(b"Content-Length: +5", body=b"hello" + HIDDEN),
    "a length in another base": build_request(b"Content-Length: 0x5", body=b"hello" + HIDDEN),
    "a length below nothing": build_request(b"Content-Length: -1", body=HIDDEN),
    "chunks and not": build_request(CHUNKED, b"Transfer-Encoding: identity", body=END + HIDDEN),
    "an unknown coding": build_request(b"Transfer-Encoding: xchunked", body=END + HIDDEN),
    "a space before the colon": build_request(b"Transfer-Encoding : chunked", b"Content-Length: 5", body=END + HIDDEN),
    "a strange space behind it": build_request(
        b"Transfer-Encoding: \x0bchunked", b"Content-Length: 5", body=END + HIDDEN
    ),
    "a folded line": build_request(b"Transfer-Encoding:\r\n chunked", b"Content-Length: 5", body=END + HIDDEN),
    "chunks that are not last": build_request(b"Transfer-Encoding: chunked, identity", body=END + HIDDEN),
    "chunks before there were any": build_request(CHUNKED, body=END + HIDDEN, line=b"POST /privacy HTTP/1.0"),
    "lines with half an end": build_request(CHUNKED, b"Content-Length: 5", body=END + HIDDEN, end=b"\n"),
    "a zero byte": build_request(b"X-Thing: a\0b", b"Content-Length: 0", body=HIDDEN),
}


@pytest.mark.parametrize("raw", CONFLICTS.values(), ids=CONFLICTS)
def test_request_with_an_ambiguous_end_is_refused_and_the_connection_closed(raw: bytes, port: int) -> None:
    responses = send_raw(port, raw)
    assert len(responses.statuses) == 1
    assert responses.statuses[0] in {400, 501}
    assert responses.is_closed


BROKEN_CHUNKS = {
    "size in another way": b"0x5\r\nhello\r\n",
    "size below nothing": b"-1\r\nhello\r\n",
    "extension with half a line end": b"5;a\nhello\r\n",
    "no line end behind it": b"5\r\nhelloXX",
}


@pytest.mark.parametrize("chunk", BROKEN_CHUNKS.values(), ids=BROKEN_CHUNKS)
def test_bytes_after_a_broken_chunk_are_not_parsed_as_a_request(chunk: bytes, port: int) -> None:
    responses = send_raw(port, build_request(CHUNKED, body=chunk + END + HIDDEN))
    assert 200 not in responses.statuses
    assert b'"status"' not in responses.raw
    assert responses.is_closed


CLOSE = b"Connection: close"
FOREIGN = {
    "another host": b"GET / HTTP/1.1\r\nHost: evil.example\r\n",
    "our host and then another": b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n",
    "another host and then ours": b"GET / HTTP/1.1\r\nHost: evil.example\r\nHost: localhost\r\n",
    "our host inside another": b"GET / HTTP/1.1\r\nHost: localhost.evil.example\r\n",
    "our host as a user": b"GET / HTTP/1.1\r\nHost: localhost@evil.example\r\n",
    "no host": b"GET / HTTP/1.1\r\n",
    "no host, in old times": b"GET / HTTP/1.0\r\n",
    "a webhook": b"POST /webhooks/profilebakery HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 0\r\n",
}


@pytest.mark.parametrize("raw", FOREIGN.values(), ids=FOREIGN)
def test_foreign_host_is_refused(raw: bytes, port: int) -> None:
    responses = send_raw(port, raw + CLOSE + b"\r\n\r\n")
    assert responses.statuses == [400]
    assert b"Location" not in responses.raw
    assert "evil" not in responses.text


SPOOFED = (
    b"X-Forwarded-For: 6.6.6.6",
    b"X-Forwarded-Proto: https",
    b"X-Forwarded-Host: evil.example",
    b"X-Forwarded-Port: 444",
    b"X-Forwarded-Prefix: /evil",
    b"X-Forwarded-Server: evil.example",
    b"X-Real-IP: 6.6.6.6",
    b"Forwarded: for=6.6.6.6;host=evil.example;proto=https",
    b"X-Original-URL: /admin",
    b"X-Rewrite-URL: /admin",
    b"X-HTTP-Method-Override: DELETE",
    b"X-Request-ID: 0a1b2c3d-4e5f-6789-abcd-ef0123456789",
)


@pytest.mark.parametrize("path", [b"/", b"/headshots", b"/headshots/status", b"/nowhere", b"/readyz"])
def test_spoofed_headers_change_nothing(path: bytes, port: int) -> None:
    line = b"GET " + path + b" HTTP/1.1"
    plain, spoofed = (
        send_raw(port, build_request(CLOSE, line=line)),
        send_raw(port, build_request(CLOSE, *SPOOFED, line=line)),
    )
    assert plain.statuses == spoofed.statuses
    assert len(plain.statuses) == 1
    assert plain.head == spoofed.head
    assert "evil" not in spoofed.text
    assert "0a1b2c3d" not in spoofed.text


CONFUSED = (
    b"X_Forwarded_For: 6.6.6.6",
    b"X_Forwarded_Proto: https",
    b"X-Forwarded_For: 6.6.6.6",
    b"Content_Length: 5",
    b"Transfer_Encoding: chunked",
    b"X_ProfileBakery_Signature: sha256=0",
    b"X_Request_ID: 0a1b2c3d-4e5f-6789-abcd-ef0123456789",
    b"SCRIPT_NAME: /admin",
    b"PATH_INFO: /admin",
    b"REMOTE_USER: admin",
    b"_: x",
)


@pytest.mark.parametrize("header", CONFUSED)
@pytest.mark.parametrize("line", [b"GET /healthz HTTP/1.1", b"POST /webhooks/profilebakery HTTP/1.1"])
def test_header_that_collides_with_another_is_refused(header: bytes, line: bytes, port: int) -> None:
    """The names of a "-" and a "_" become one for the app; routers send a "-", only attackers a "_"."""
    responses = send_raw(port, build_request(b"Content-Length: 0", header, line=line) + HIDDEN)
    assert responses.statuses == [400]
    assert responses.is_closed


def test_another_forwarded_address_each_time_does_not_escape_a_limit(port: int) -> None:
    """The table is locked in this test, so the process counts alone: sixty wrong signatures in a minute."""
    forged = [
        build_request(
            b"X-Forwarded-For: 203.0.113.%d" % number,
            b"Content-Length: 2",
            *([CLOSE] if number == 99 else []),
            body=b"{}",
            line=b"POST /webhooks/profilebakery HTTP/1.1",
        )
        for number in range(100)
    ]
    assert set(send_raw(port, b"".join(forged)).statuses[70:]) == {429}


def test_a_callback_with_a_long_code_is_accepted(port: int) -> None:
    line = b"GET /login/callback?state=x&code=" + b"c" * 4200 + b" HTTP/1.1"
    assert send_raw(port, build_request(CLOSE, line=line)).statuses[0] != 414


@pytest.mark.parametrize("host", [b"10.1.2.3:8000", b"[fd00::1]", b"web-1"])
def test_a_probe_by_the_instances_address_is_accepted(host: bytes, port: int) -> None:
    raw = b"GET /healthz HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n\r\n"
    assert send_raw(port, raw).statuses == [200]


@pytest.mark.parametrize("headers", [(CLOSE,), ()], ids=["close", "keep-alive"])
@pytest.mark.parametrize("path", [b"/webhooks/profilebakery", b"/logout"])
def test_a_body_that_is_too_large_is_refused_without_a_reset(
    path: bytes, headers: tuple[bytes, ...], port: int
) -> None:
    size = 3 * 1024 * 1024
    head = build_request(b"Content-Length: %d" % size, *headers, line=b"POST " + path + b" HTTP/1.1")
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(head)
        for _ in range(48):
            connection.sendall(b"x" * (size // 48))
        assert connection.recv(12).startswith(b"HTTP/1.1 ")
        while headers and connection.recv(65536):
            pass


def test_a_refused_body_is_not_read_without_end(port: int) -> None:
    head = build_request(b"Content-Length: %d" % 10**9, line=b"POST /webhooks/profilebakery HTTP/1.1")
    sent = 0
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection, suppress(OSError):
        connection.sendall(head)
        while sent < 256 * 1024 * 1024:
            connection.sendall(b"x" * 65536)
            sent += 65536
    assert sent < 128 * 1024 * 1024
