"""The response to a request without a session for an endpoint that needs one."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import redirect, request
from werkzeug.exceptions import Unauthorized
from werkzeug.wrappers import Response

from portal.web.security import cookies
from portal.web.security.access_rule import AccessRule, Unauthenticated

_SAFE_METHODS = frozenset({"GET", "HEAD"})


def get_requested_path() -> str:
    """Return the requested path with its query."""
    return request.full_path if request.query_string else request.path


def build_unauthenticated_response(rule: AccessRule) -> Response:
    """Redirect or refuse as the rule requires.

    Raises:
        Unauthorized: the rule redirects nowhere.
    """
    if rule.unauthenticated is Unauthenticated.REDIRECT_HOME:
        return redirect("/", 303)
    if rule.unauthenticated is Unauthenticated.REDIRECT_TO_LOGIN and request.method in _SAFE_METHODS:
        # After an explicit sign-out only the button on the signed-out page signs in again.
        page = "/signed-out" if cookies.has_signed_out() else "/login"
        return redirect(f"{page}?" + urlencode({"next": get_requested_path()}), 303)
    raise Unauthorized
