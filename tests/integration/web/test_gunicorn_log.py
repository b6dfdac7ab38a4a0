"""Gunicorn's own log: in the format of every other line, and without text from requests."""

from __future__ import annotations

import io
import logging
import socket
from pathlib import Path

from gunicorn.config import Config

from portal.web.observability.gunicorn_log import ServerLog
from tests.integration.core.processes import build_environment, run_web
from tests.log_lines import MARK, parse_lines
from tests.waiting import wait_until

CANARY = "somebody%40company.example"
UNREADABLE = {
    "a name": f"GET / HTTP/1.1\r\nHost: localhost\r\nX_{MARK}: x\r\n\r\n",
    "a value": f"GET / HTTP/1.1\r\nHost: localhost\r\nX-Thing: \x1b[31m{MARK}\0\r\n\r\n",
    "a line": f'GET /login/callback?code={CANARY} {{"at": "{MARK}"}} HTTP/1.1\r\n\r\n',
    "half an end": f'GET / HTTP/1.1\nHost: localhost\n{{"level": "{MARK}"}}\n\n',
    "a version": f"GET / HTTP/{MARK}\r\n\r\n",
    "a method": f"\x1b[2J{MARK}\u2028 / HTTP/1.1\r\n\r\n",
    "a coding": f"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: {MARK}\r\n\r\n",
    "a chunk": f"POST /privacy HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n{MARK}\r\n",
    "a folded line": f"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: a\r\n {MARK}\r\n\r\n",
    "a long line": f"GET /{MARK * 2000} HTTP/1.1\r\n\r\n",
    "many": "GET / HTTP/1.1\r\nHost: localhost\r\n" + f"X-{MARK}: x\r\n" * 99 + "\r\n",
}


def test_unreadable_requests_are_logged_without_their_content(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    with run_web(build_environment("postgresql://127.0.0.1:1/none", tmp_path), log) as (_, port):
        for raw in UNREADABLE.values():
            with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
                connection.sendall(raw.encode())
                assert connection.recv(1024).startswith((b"HTTP/1.1 4", b"HTTP/1.1 501"))
        wait_until(lambda: log.read_text().count("request.unreadable") == len(UNREADABLE), log=log)
    text = log.read_text()
    for trace in (MARK, CANARY, "127.0.0.1"):
        assert trace not in text
    recorded = [line for line in parse_lines(text) if line["message"] == "request.unreadable"]
    assert {line["logger"] for line in recorded} == {"gunicorn.error"}
    assert "Invalid HTTP header name" in {line["reason"] for line in recorded}


def test_server_error_is_logged_with_trace_and_without_url() -> None:
    written = io.StringIO()
    log = ServerLog(Config())
    (handler,) = log.error_log.handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(written)
    try:
        [].pop()
    except IndexError:
        log.exception("Error handling request %s %s", "GET", f"/login/callback?code={CANARY}")
        log.exception("Exception in worker %s", "process")
    log.warning("Worker %s of %s", 1, "two")
    first, second, third = parse_lines(written.getvalue())
    assert (first["message"], first["level"]) == ("server.request_failed", "error")
    assert "IndexError: pop from empty list" in first["trace"]
    assert CANARY not in written.getvalue()
    assert (second["message"], third["message"]) == ("Exception in worker process", "Worker 1 of two")
