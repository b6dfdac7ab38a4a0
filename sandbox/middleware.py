"""WSGI middleware: the request log, and faults that affect the connection."""

from __future__ import annotations

import json
import logging
import re
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from flask import Flask
from werkzeug.exceptions import HTTPException

from sandbox.core import Sandbox
from sandbox.faults import ApiRule
from sandbox.request_log import LoggedRequest

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

FAULT_KEY = "sandbox.fault"
HUGE_BYTES = 50_000_000
FAULT_PREFIXES = ("/api/", "/photos/")
BODY_FAULTS = ("hang", "huge", "short_body", "drip")
DRIP_SECONDS = 0.2
_VARIABLE = re.compile(r"<(?:[^:<>]+:)?(\w+)>")

log = logging.getLogger("sandbox.access")


class SandboxMiddleware:
    """Logs each request and applies connection faults."""

    def __init__(self, app: Flask, wsgi_app: WSGIApplication, sandbox: Sandbox) -> None:
        self._app, self._wsgi_app, self._sandbox = app, wsgi_app, sandbox

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Handle one request, with a fault if a rule matches."""
        started_at, method, path = time.monotonic(), environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")
        template = self._find_template(environ)
        seen: list[int] = []

        def start(status: str, *args: Any) -> Callable[[bytes], object]:
            seen[:] = [int(status[:3])]
            return start_response(status, *args)

        try:
            return self._respond(environ, start, self._find_rule(method, path, template))
        finally:
            self._log_request(method, template, seen[0] if seen else 0, started_at)

    def _find_rule(self, method: str, path: str, template: str) -> ApiRule | None:
        if not path.startswith(FAULT_PREFIXES):
            return None
        return self._sandbox.faults.consume_call_rule(method, path, template)

    def _respond(self, environ: WSGIEnvironment, start: Callable[..., Any], rule: ApiRule | None) -> Iterable[bytes]:
        fault = None if rule is None else rule.fault
        if rule is None:
            return self._wsgi_app(environ, start)
        if fault == "refuse":
            _abort_connection(environ)
        if fault == "lost_answer":
            list(self._wsgi_app(environ, lambda *_: lambda _data: None))
            _abort_connection(environ)
        if fault == "delay":
            time.sleep(rule.seconds)
            return self._wsgi_app(environ, start)
        if fault in BODY_FAULTS:
            return _send_broken_body(environ, start, rule)
        environ[FAULT_KEY] = rule
        return self._wsgi_app(environ, start)

    def _find_template(self, environ: WSGIEnvironment) -> str:
        try:
            rule, _ = self._app.url_map.bind_to_environ(environ).match(return_rule=True)
        except HTTPException:
            return "(no route)"
        return format_route(rule.rule)

    def _log_request(self, method: str, template: str, status: int, started_at: float) -> None:
        now = self._sandbox.clock.real_now()
        self._sandbox.request_log.add(LoggedRequest(now.timestamp(), method, template, status))
        milliseconds = round((time.monotonic() - started_at) * 1000)
        log.info(
            "%s",
            json.dumps(
                {
                    "time": now.isoformat(timespec="milliseconds"),
                    "method": method,
                    "path": template,
                    "status": status,
                    "ms": milliseconds,
                }
            ),
        )


def format_route(rule: str) -> str:
    """Format a route as in the API's documentation: /organization/models/:modelId."""
    return _VARIABLE.sub(lambda found: f":{_to_camel_case(found[1])}", rule)


def _to_camel_case(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def _abort_connection(environ: WSGIEnvironment) -> None:
    """Close the connection without a response.

    Raises:
        ConnectionAbortedError: always; the server then drops the connection.
    """
    connection: socket.socket | None = environ.get("werkzeug.socket")
    if connection is not None:
        connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError("connection aborted by a fault rule")


def _send_broken_body(environ: WSGIEnvironment, start: Callable[..., Any], rule: ApiRule) -> Iterator[bytes]:
    length = HUGE_BYTES if rule.fault == "huge" else 4096
    start("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(length))])
    return _iterate_body(environ, rule, length)


def _iterate_body(environ: WSGIEnvironment, rule: ApiRule, length: int) -> Iterator[bytes]:
    if rule.fault == "huge":
        head, tail = b'{"success": true, "padding": "', b'"}'
        yield head
        left = length - len(head) - len(tail)
        for _ in range(left // 65_536):
            yield b"x" * 65_536
        yield b"x" * (left % 65_536) + tail
        return
    if rule.fault == "hang":
        yield b"{"
        time.sleep(rule.seconds)
    elif rule.fault == "drip":
        for _ in range(int(rule.seconds / DRIP_SECONDS)):
            yield b" "
            time.sleep(DRIP_SECONDS)
    else:
        yield b'{"success": true'
    _abort_connection(environ)
