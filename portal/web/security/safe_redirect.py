"""Return paths: only pages of this portal are accepted as targets of a redirect (no open redirects)."""

from __future__ import annotations

import re
from urllib.parse import unquote

from flask import current_app
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from portal.web.security.access import find_rule
from portal.web.security.access_rule import Access

HOME = "/headshots"
_MAX_LENGTH = 1024
_PLAIN = re.compile(r"/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*")


def parse_safe_path(value: str | None) -> str | None:
    """Return ``value`` if it is an absolute path, with or without a query, on this origin; else None."""
    if not value or len(value) > _MAX_LENGTH or not _PLAIN.fullmatch(value):
        return None
    # Decoded as often as proxies and browsers may decode it, the value must not name another host.
    unpacked = unquote(unquote(value))
    path = unpacked.partition("?")[0]
    if not unpacked.isprintable() or "\\" in unpacked or "//" in path or "/." in path:
        return None
    return value


def parse_page_path(value: str | None) -> str | None:
    """Return ``value`` if it is the path of a page that can be opened with GET, else None."""
    found = parse_safe_path(value)
    if found is None:
        return None
    try:
        endpoint, _ = current_app.url_map.bind("portal").match(found.partition("?")[0], method="GET")
    except (HTTPException, RequestRedirect):
        return None
    rule = find_rule(endpoint)
    # The sign-in pages themselves would redirect in circles.
    is_page = rule is not None and rule.access is not Access.MACHINE and not rule.json_errors
    return found if is_page and not endpoint.startswith("auth.") else None


def parse_own_page(address: str | None, public_url: str) -> str | None:
    """Return the path of an absolute or relative URL if it is a page of the portal, else None."""
    if address and address.startswith(f"{public_url}/"):
        address = address.removeprefix(public_url)
    return parse_page_path(address)
