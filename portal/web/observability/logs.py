"""Logs as JSON lines on stdout, with one line for each request; private values are redacted."""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from datetime import UTC, datetime
from functools import cache
from typing import Any, TextIO

from flask import Flask, Response, g, request
from prometheus_client import Histogram

from portal.web.observability import metrics
from portal.web.observability.request_id import find_request_id

HIDDEN = "[hidden]"
_MAX_CHARS = 8000
_NAMES = (
    r"code_verifier|code|state|nonce|id_token_hint|id_token|access_token|refresh_token|logout_token|token|"
    r"client_secret|secret|password|api_key|apikey|key|signature|sig|session|cookie|authorization|login_hint"
)
_VALUE = r"\"[^\"]{6,}\"|'[^']{6,}'|[\w.~%+/=-]{12,}"
_PRIVATE = (
    # Addresses without queries, which contain codes, hints and signatures.
    (re.compile(r"(https?://[^\s\"'<>?]+)\?[^\s\"'<>]*"), rf"\1?{HIDDEN}"),
    (re.compile(r"\beyJ[\w-]{5,}(?:\.[\w-]*){1,4}"), HIDDEN),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}"), rf"\1 {HIDDEN}"),
    (
        re.compile(rf"(?i)(['\"]?\b(?:{_NAMES})['\"]?\s*[=:]\s*)(\"[^\"]{{6,}}\"|'[^']{{6,}}'|[\w.~%+/=-]{{12,}})"),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"[^\s@<>\"'(),:;=\[\]]+@[^\s@<>\"'(),:;\[\]]+"), HIDDEN),
)
# Every pattern above requires one of these characters; most lines contain none.
_MAY_HIDE = re.compile(r"[.:=@\s]")
_PRIVATE_NAME = re.compile(rf"(?i)(?:{_NAMES}|email|name|address|url|path)")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_RECORD_ATTRIBUTES = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


def redact_text(text: str, secrets: tuple[str, ...] = ()) -> str:
    """Redact queries of addresses, tokens, e-mail addresses and the given secrets."""
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    if _MAY_HIDE.search(text):
        for pattern, replacement in _PRIVATE:
            text = pattern.sub(replacement, text)
    return text[:_MAX_CHARS]


class JsonLines(logging.Formatter):
    """Formats a record as one line of JSON, so that no input can start a new line."""

    def __init__(self, secrets: tuple[str, ...]) -> None:
        super().__init__()
        # Replacing very short values would garble the text.
        self._secrets = tuple(secret for secret in secrets if len(secret) >= 8)  # noqa: PLR2004

    def format(self, record: logging.LogRecord) -> str:
        """Format one record."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self._clean(record.getMessage()),
        }
        if (number := find_request_id()) is not None:
            line["request_id"] = number
        line |= {
            name: self._value(name, value) for name, value in vars(record).items() if name not in _RECORD_ATTRIBUTES
        }
        if record.exc_info:
            line["trace"] = self._clean(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=True)

    def _value(self, name: str, value: object) -> object:
        if _PRIVATE_NAME.fullmatch(name):
            return HIDDEN
        if value is None or isinstance(value, bool | int | float):
            return value
        return self._clean(str(value))

    def _clean(self, text: str) -> str:
        return redact_text(text, self._secrets)


class _Stdout(logging.StreamHandler[TextIO]):
    """Writes to the current ``sys.stdout``, which test runners and servers replace."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:
        return sys.stdout

    @stream.setter
    def stream(self, _value: TextIO) -> None:
        """Ignore the assignment."""


# Authlib logs the code verifier at DEBUG, urllib3 whole addresses, Flask-WTF nothing useful. The queue logs each job
# when it is enqueued, which would mix with the output of commands; its start and end are enough.
_LEVELS = {
    "authlib": logging.WARNING,
    "flask_wtf": logging.ERROR,
    "procrastinate.jobs": logging.WARNING,
    "urllib3": logging.ERROR,
}


def configure_logging(secrets: tuple[str, ...]) -> None:
    """Send all logs of this process to stdout; a second call replaces the first.

    Args:
        secrets: values that must never appear in a log.
    """
    root = logging.getLogger()
    for old in [handler for handler in root.handlers if isinstance(handler, _Stdout)]:
        root.removeHandler(old)
    handler = _Stdout()
    handler.setFormatter(JsonLines(secrets))
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    for name, level in _LEVELS.items():
        logging.getLogger(name).setLevel(level)


def init_app(app: Flask) -> None:
    """Log and measure every request."""
    app.before_request(_start_timer)
    app.after_request(_log_response)


log = logging.getLogger(__name__)


def _start_timer() -> None:
    g.started = time.perf_counter()


def _log_response(response: Response) -> Response:
    seconds = time.perf_counter() - g.get("started", time.perf_counter())
    # The route's template, never the path: paths contain ids or arbitrary text.
    route = request.url_rule.rule if request.url_rule else "none"
    # An arbitrary method must not create a new series.
    log_request(request.method if request.method in _METHODS else "other", route, response.status_code, seconds)
    return response


def log_request(method: str, route: str, status: int, seconds: float) -> None:
    """Log one request and add it to the metrics.

    All values are constants or numbers of the portal, so the line is written without redaction and without the logging
    module, which would take longer than the rest of a small response.
    """
    _get_histogram(route, method, status).observe(seconds)
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    sys.stdout.write(
        f'{{"at": "{at}", "level": "info", "logger": "{__name__}", "message": "request.completed", '
        f'"request_id": "{find_request_id()}", "method": "{method}", "route": {_quote(route)}, '
        f'"status": {status}, "ms": {seconds * 1000:.1f}}}\n'
    )
    sys.stdout.flush()


@cache
def _get_histogram(route: str, method: str, status: int) -> Histogram:
    found: Histogram = metrics.REQUESTS.labels(route, method, status)
    return found


_quote = cache(json.dumps)
