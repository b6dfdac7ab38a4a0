"""What is noted of the request at hand: its id and, as a digest, where it came from."""

from __future__ import annotations

import re
from uuid import uuid4

from flask import g, request

from portal.services.people import Caller
from portal.web.context import portal_context

_FOREIGN_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


def request_id() -> str:
    """Return the id of this request; on a platform it is the router's, so that logs can be joined."""
    if "request_id" not in g:
        given = request.headers.get("X-Request-ID", "")
        is_usable = portal_context().settings.on_paas and _FOREIGN_ID.fullmatch(given)
        g.request_id = given if is_usable else uuid4().hex
    found: str = g.request_id
    return found


def caller() -> Caller:
    """Return what the audit trail keeps of where a request came from; never the address itself."""
    address = request.remote_addr
    digest = portal_context().secretbox.pseudonym(address) if address else None
    return Caller(request_id=request_id(), address_digest=digest)
