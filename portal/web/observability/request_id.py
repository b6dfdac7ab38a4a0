"""The id of the current request, shown on error pages, in log lines and in the audit trail."""

from __future__ import annotations

import re
from uuid import uuid4

from flask import g, has_app_context, has_request_context, request

from portal.web.context import get_context

_FOREIGN_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


def get_request_id() -> str:
    """Return the id of this request; on a platform it is the router's, so that logs can be joined."""
    if "request_id" not in g:
        is_trusted = get_context().settings.trusted_proxies > 0
        g.request_id = create_request_id(request.headers.get("X-Request-ID", ""), is_trusted=is_trusted)
    found: str = g.request_id
    return found


def find_request_id() -> str | None:
    """Return the id of the current request, None outside of a request."""
    if has_request_context():
        return get_request_id()
    return g.get("request_id") if has_app_context() else None


def create_request_id(given: str, *, is_trusted: bool) -> str:
    """Return the id a trusted router sent in ``X-Request-ID`` if it is well-formed, else a new one."""
    return given if is_trusted and _FOREIGN_ID.fullmatch(given) else uuid4().hex
