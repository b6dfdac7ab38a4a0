"""Everything between the socket and the app: the request log, the counts, and faults that break connections."""

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
from sandbox.request_log import Entry

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

FAULT_KEY = "sandbox.fault"
HUGE_BYTES = 50_000_000
BREAKABLE = ("/api/", "/photos/")
BROKEN_BODIES = ("hang", "huge", "short_body", "drip")
DRIP_SECONDS = 0.2
_VARIABLE = re.compile(r"<(?:[^:<>]+:)?(\w+)>")

log = logging.getLogger("sandbox.access")


class Traffic:
    """WSGI middleware around the sandbox's app."""

    def __init__(self, app: Flask, wsgi_app: WSGIApplication, sandbox: Sandbox) -> None:
        self._app, self._wsgi_app, self._sandbox = app, wsgi_app, sandbox

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request, whole or broken."""
        begun, method, path = time.monotonic(), environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")
        template = self._template(environ)
        seen: list[int] = []

        def started(status: str, *args: Any) -> Callable[[bytes], object]:
            seen[:] = [int(status[:3])]
            return start_response(status, *args)

        try:
            return self._serve(environ, started, self._rule(method, path, template))
        finally:
            self._note(method, template, seen[0] if seen else 0, begun)

    def _rule(self, method: str, path: str, template: str) -> ApiRule | None:
        if not path.startswith(BREAKABLE):
            return None
        return self._sandbox.faults.take_for_call(method, path, template)

    def _serve(self, environ: WSGIEnvironment, start: Callable[..., Any], rule: ApiRule | None) -> Iterable[bytes]:
        fault = None if rule is None else rule.fault
        if rule is None:
            return self._wsgi_app(environ, start)
        if fault == "refuse":
            _hang_up(environ)
        if fault == "lost_answer":
            list(self._wsgi_app(environ, lambda *_: lambda _data: None))
            _hang_up(environ)
        if fault == "delay":
            time.sleep(rule.seconds)
            return self._wsgi_app(environ, start)
        if fault in BROKEN_BODIES:
            return _broken_body(environ, start, rule)
        environ[FAULT_KEY] = rule
        return self._wsgi_app(environ, start)

    def _template(self, environ: WSGIEnvironment) -> str:
        try:
            rule, _ = self._app.url_map.bind_to_environ(environ).match(return_rule=True)
        except HTTPException:
            return "(no such page)"
        return template_of(rule.rule)

    def _note(self, method: str, template: str, status: int, begun: float) -> None:
        now = self._sandbox.clock.wall()
        self._sandbox.journal.add(Entry(now.timestamp(), method, template, status))
        took = round((time.monotonic() - begun) * 1000)
        log.info(
            "%s",
            json.dumps(
                {
                    "time": now.isoformat(timespec="milliseconds"),
                    "method": method,
                    "path": template,
                    "status": status,
                    "ms": took,
                }
            ),
        )


def template_of(rule: str) -> str:
    """Return a route as the API's documents write it: /organization/models/:modelId."""
    return _VARIABLE.sub(lambda found: f":{_camel(found[1])}", rule)


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


def _hang_up(environ: WSGIEnvironment) -> None:
    """Close the connection without an answer.

    Raises:
        ConnectionAbortedError: always; the server takes it as the end of the connection.
    """
    connection: socket.socket | None = environ.get("werkzeug.socket")
    if connection is not None:
        connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError("hung up on purpose")


def _broken_body(environ: WSGIEnvironment, start: Callable[..., Any], rule: ApiRule) -> Iterator[bytes]:
    length = HUGE_BYTES if rule.fault == "huge" else 4096
    start("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(length))])
    return _pieces(environ, rule, length)


def _pieces(environ: WSGIEnvironment, rule: ApiRule, length: int) -> Iterator[bytes]:
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
    _hang_up(environ)
