"""Where people go after signing in: a page of ours and nothing else, whatever the link says."""

from __future__ import annotations

import re
from urllib.parse import unquote

from flask import current_app
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from portal.web.security.access import Who, rule_for

HOME = "/headshots"
_LONGEST = 1024
_PLAIN = re.compile(r"/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*")


def safe_path(value: str | None) -> str | None:
    """Return ``value`` if it is a plain absolute path, perhaps with a query, of this very site; else None."""
    if not value or len(value) > _LONGEST or not _PLAIN.fullmatch(value):
        return None
    # Unpacked as often as anybody between here and the browser might, it must still be no other host.
    unpacked = unquote(unquote(value))
    path = unpacked.partition("?")[0]
    if not unpacked.isprintable() or "\\" in unpacked or "//" in path or "/." in path:
        return None
    return value


def page_path(value: str | None) -> str | None:
    """Return ``value`` if it is the address of a page that people look at, else None."""
    found = safe_path(value)
    if found is None:
        return None
    try:
        endpoint, _ = current_app.url_map.bind("portal").match(found.partition("?")[0], method="GET")
    except (HTTPException, RequestRedirect):
        return None
    rule = rule_for(endpoint)
    # The pages of signing in themselves would only go in circles.
    is_page = rule is not None and rule.who is not Who.MACHINE and not rule.is_plain
    return found if is_page and not endpoint.startswith("auth.") else None


def own_page(address: str | None, public_url: str) -> str | None:
    """Return the path of an absolute or relative address if it is one of our pages, else None."""
    if address and address.startswith(f"{public_url}/"):
        address = address.removeprefix(public_url)
    return page_path(address)
