"""Logs as JSON lines on stdout, one for each request; what could be private is cut out on the way."""

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
_LONGEST = 8000
_NAMES = (
    r"code_verifier|code|state|nonce|id_token_hint|id_token|access_token|refresh_token|logout_token|token|"
    r"client_secret|secret|password|api_key|apikey|key|signature|sig|session|cookie|authorization|login_hint"
)
_VALUE = r"\"[^\"]{6,}\"|'[^']{6,}'|[\w.~%+/=-]{12,}"
_PRIVATE = (
    # Addresses keep their path only: queries carry codes, hints and signatures.
    (re.compile(r"(https?://[^\s\"'<>?]+)\?[^\s\"'<>]*"), rf"\1?{HIDDEN}"),
    (re.compile(r"\beyJ[\w-]{5,}(?:\.[\w-]*){1,4}"), HIDDEN),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}"), rf"\1 {HIDDEN}"),
    (
        re.compile(rf"(?i)(['\"]?\b(?:{_NAMES})['\"]?\s*[=:]\s*)(\"[^\"]{{6,}}\"|'[^']{{6,}}'|[\w.~%+/=-]{{12,}})"),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"[^\s@<>\"'(),:;=\[\]]+@[^\s@<>\"'(),:;\[\]]+"), HIDDEN),
)
# Each pattern above needs one of these; most lines are plain words.
_MAY_HIDE = re.compile(r"[.:=@\s]")
_PRIVATE_NAME = re.compile(rf"(?i)(?:{_NAMES}|email|name|address|url|path)")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_OURS = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


def redact_text(text: str, secrets: tuple[str, ...] = ()) -> str:
    """Return ``text`` without addresses' queries, tokens, e-mails and the given secrets."""
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    if _MAY_HIDE.search(text):
        for pattern, instead in _PRIVATE:
            text = pattern.sub(instead, text)
    return text[:_LONGEST]


class JsonLines(logging.Formatter):
    """One record as one line of JSON, so that no input can begin a line of its own."""

    def __init__(self, secrets: tuple[str, ...]) -> None:
        super().__init__()
        # Replacing something very short would garble everything.
        self._secrets = tuple(secret for secret in secrets if len(secret) >= 8)  # noqa: PLR2004

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self._clean(record.getMessage()),
        }
        if (number := find_request_id()) is not None:
            line["request_id"] = number
        line |= {name: self._value(name, value) for name, value in vars(record).items() if name not in _OURS}
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
    """Writes to whatever stdout is at the moment, which test runners and servers like to replace."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:
        return sys.stdout

    @stream.setter
    def stream(self, _value: TextIO) -> None:
        """Stay with stdout."""


# Authlib writes the code verifier at DEBUG, urllib3 whole addresses, Flask-WTF nothing of use. The queue describes each
# job when it is queued, over the answers of commands; that it began and how it ended is enough.
_LEVELS = {
    "authlib": logging.WARNING,
    "flask_wtf": logging.ERROR,
    "procrastinate.jobs": logging.WARNING,
    "urllib3": logging.ERROR,
}


def configure_logging(secrets: tuple[str, ...]) -> None:
    """Send all logs of this process to stdout; calling it again replaces what it did before.

    Args:
        secrets: values that must never appear, whatever a library may write.
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
    """Write a line, and count, for each request."""
    app.before_request(_begin)
    app.after_request(_end)


log = logging.getLogger(__name__)


def _begin() -> None:
    g.began = time.perf_counter()


def _end(response: Response) -> Response:
    seconds = time.perf_counter() - g.get("began", time.perf_counter())
    # A template, never the path: paths hold ids, and what strangers type holds anything.
    route = request.url_rule.rule if request.url_rule else "none"
    # What strangers call a method must not make a new series each time.
    log_request(request.method if request.method in _METHODS else "other", route, response.status_code, seconds)
    return response


def log_request(method: str, route: str, status: int, seconds: float) -> None:
    """Write the line of one request, and count it.

    Every value is one of ours, so nothing has to be looked through for what is private, and the line need not take
    the long way through logging: that would cost more than all the rest of a small answer.
    """
    _series(route, method, status).observe(seconds)
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    sys.stdout.write(
        f'{{"at": "{at}", "level": "info", "logger": "{__name__}", "message": "request.completed", '
        f'"request_id": "{find_request_id()}", "method": "{method}", "route": {_quoted(route)}, '
        f'"status": {status}, "ms": {seconds * 1000:.1f}}}\n'
    )
    sys.stdout.flush()


@cache
def _series(route: str, method: str, status: int) -> Histogram:
    found: Histogram = metrics.REQUESTS.labels(route, method, status)
    return found


_quoted = cache(json.dumps)
