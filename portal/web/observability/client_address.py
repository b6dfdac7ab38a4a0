"""The client's network address: a key for rate limits, and a keyed digest for the audit trail."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address
from typing import Any

from flask import Flask, request

from portal.domain.audit_context import AuditContext, Channel, set_audit_context
from portal.web.context import get_context
from portal.web.observability.request_id import get_request_id

# One connection gets a whole /64 of IPv6 addresses and can use a different one for each request.
_HOST_BITS = 64


def init_app(app: Flask) -> None:
    """Set the audit context of every request."""
    app.before_request(_set_context)
    app.teardown_request(_clear_context)


def build_client_key(address: str) -> str:
    """Return the rate limit key of an address: an IPv4 address as it is, an IPv6 address as its /64 network."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return f"{IPv6Address(int(found) >> _HOST_BITS << _HOST_BITS)}/{_HOST_BITS}"


def get_client_address(environ: Mapping[str, Any], trusted_proxies: int) -> str:
    """Return the client's address as the outermost trusted proxy saw it; without proxies, the connection's."""
    header: str = environ.get("HTTP_X_FORWARDED_FOR", "")
    forwarded = [each.strip() for each in header.split(",")]
    if trusted_proxies and len(forwarded) >= trusted_proxies and forwarded[-trusted_proxies]:
        return forwarded[-trusted_proxies]
    address: str = environ.get("REMOTE_ADDR", "")
    return address


def _set_context() -> None:
    """Give the audit trail a keyed digest of the client's address, never the address itself."""
    address = request.remote_addr
    digest = get_context().secretbox.pseudonym(address) if address else None
    set_audit_context(AuditContext(Channel.WEB, get_request_id(), digest))


def _clear_context(_error: BaseException | None) -> None:
    set_audit_context(None)
