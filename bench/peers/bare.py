"""A minimal webhook receiver: verifies the HMAC, responds 200 and stores nothing."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable, Iterable
from typing import Any

_SECRET = os.environ["BENCH_SECRET"].encode()
_HEADERS = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", "5")]


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Respond with 200 to an authentic body, 401 to any other."""
    return send_response(start_response, is_authentic=read_authentic_body(environ) is not None)


def read_authentic_body(environ: dict[str, Any]) -> bytes | None:
    """Return the request's body, None if its signature is wrong."""
    body: bytes = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    signed = environ["HTTP_X_PROFILEBAKERY_TIMESTAMP"].encode() + b"." + body
    given = environ["HTTP_X_PROFILEBAKERY_SIGNATURE"].removeprefix("sha256=")
    is_authentic = hmac.compare_digest(hmac.new(_SECRET, signed, hashlib.sha256).hexdigest(), given)
    return body if is_authentic else None


def send_response(start_response: Callable[..., Any], *, is_authentic: bool) -> Iterable[bytes]:
    """Respond with 200 or 401."""
    start_response("200 OK" if is_authentic else "401 Unauthorized", _HEADERS)
    return [b"stored\n"]
