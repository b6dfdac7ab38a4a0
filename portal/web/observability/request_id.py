"""What is noted of the request at hand: its id and, as a digest, where it came from."""

from __future__ import annotations

import re
from ipaddress import IPv6Address, ip_address
from uuid import uuid4

from flask import Flask, g, has_app_context, has_request_context, request

from portal.domain.caller import Caller, Channel, set_caller
from portal.web.context import portal_context

# One connection gets a whole /64 of addresses, and could come with another one each time.
_HOST_BITS = 64
# What a browser calls our own pages, and what people type or keep as bookmarks.
_OUR_SITE = frozenset({"same-origin", "none"})
_FOREIGN_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


def init_app(app: Flask) -> None:
    """Let whatever a request does be known by where it came from."""
    app.before_request(_know_caller)
    app.teardown_request(_forget_caller)


def request_id() -> str:
    """Return the id of this request; on a platform it is the router's, so that logs can be joined."""
    if "request_id" not in g:
        is_trusted = portal_context().settings.on_paas
        g.request_id = new_id(request.headers.get("X-Request-ID", ""), is_trusted=is_trusted)
    found: str = g.request_id
    return found


def known_id() -> str | None:
    """Return the id of the request at hand, None where there is no request."""
    if has_request_context():
        return request_id()
    return g.get("request_id") if has_app_context() else None


def new_id(given: str, *, is_trusted: bool) -> str:
    """Return the id a trusted router gave, if it is one, or else a fresh one."""
    return given if is_trusted and _FOREIGN_ID.fullmatch(given) else uuid4().hex


def is_from_here() -> bool | None:
    """Return whether the browser says that no other site's page had it send this; None where it says nothing."""
    site = request.headers.get("Sec-Fetch-Site")
    return None if site is None else site in _OUR_SITE


def _know_caller() -> None:
    """Tell the audit trail where this request comes from; never the address itself."""
    address = request.remote_addr
    digest = portal_context().secretbox.pseudonym(address) if address else None
    set_caller(Caller(Channel.WEB, request_id(), digest))


def _forget_caller(_error: BaseException | None) -> None:
    set_caller(None)


def origin_of(address: str) -> str:
    """Return what stands for whoever calls from an address, for counting: the address, or a household's network."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return f"{IPv6Address(int(found) >> _HOST_BITS << _HOST_BITS)}/{_HOST_BITS}"
