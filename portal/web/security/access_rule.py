"""The access rule of one endpoint."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum

from portal.domain.roles import Right
from portal.web.security.rate_limits import RateLimit


class Access(Enum):
    """Who may call an endpoint."""

    MACHINE = "machine"
    """No session is read: probes, static files, webhooks, the identity provider."""
    PUBLIC = "public"
    """Everyone; the session is read if there is one."""
    SIGNED_IN = "signed_in"
    """A signed-in person who has the right that the rule names."""


class Unauthenticated(StrEnum):
    """The response to a request without a session for an endpoint that needs one."""

    REDIRECT_TO_LOGIN = "redirect_to_login"
    REDIRECT_HOME = "redirect_home"
    RESPOND_401 = "respond_401"


@dataclass(frozen=True, kw_only=True)
class AccessRule:
    """How one endpoint is guarded.

    Attributes:
        access: whether a session is read and required.
        right: the right a person needs, None if being signed in is enough.
        audit_views_as: write an audit entry when a person with this right opens the page, which shows other
            people's data.
        extends_session: whether a request counts as activity; background requests of a page do not.
        unauthenticated: the response without a session.
        json_errors: errors are JSON instead of a page.
        camera: the page grants the camera to the studio's frame.
        max_body_bytes: largest request body; None is the limit of the whole app.
        same_origin_only: requests that another site's page makes a browser send are refused (Fetch Metadata).
        redirect_page: endpoint that a cross-site navigation is redirected to; None refuses it.
        rate_limit: limit for one person, or one network address without a session; requests that change
            something always have one.
    """

    access: Access
    right: Right | None = None
    audit_views_as: Right | None = None
    extends_session: bool = True
    unauthenticated: Unauthenticated = Unauthenticated.REDIRECT_TO_LOGIN
    json_errors: bool = False
    camera: bool = False
    max_body_bytes: int | None = None
    same_origin_only: bool = False
    redirect_page: str | None = None
    rate_limit: RateLimit | None = None
