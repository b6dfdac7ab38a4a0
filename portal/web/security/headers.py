"""The walls around every answer: what a browser may load, frame, send on and keep; no page decides on its own."""

from __future__ import annotations

import secrets
from urllib.parse import urlencode, urlsplit

from flask import Flask, Response, g, redirect, request, url_for
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response as AnyResponse

from portal.domain import framing
from portal.domain.errors import NotAllowed
from portal.settings import Settings
from portal.web.context import EXTENSION, portal_context
from portal.web.observability.request_id import is_from_here, request_id
from portal.web.security.access import rule_for
from portal.web.security.sessions import END_SESSION, current_session

HSTS = "max-age=31536000; includeSubDomains"
_UNUSED_FEATURES = (
    "accelerometer=(), autoplay=(), display-capture=(), fullscreen=(self), geolocation=(), gyroscope=(), "
    "magnetometer=(), microphone=(), midi=(), payment=(), publickey-credentials-get=(), usb=()"
)


def init_app(app: Flask) -> None:
    """Put the walls up."""
    settings: Settings = app.extensions[EXTENSION].settings
    host = urlsplit(settings.public_url).hostname or ""
    app.config.from_mapping(
        TRUSTED_HOSTS=[host],
        SESSION_COOKIE_NAME="__Host-portal" if settings.is_secure else "portal_session",
        SESSION_COOKIE_SECURE=settings.is_secure,
        PREFERRED_URL_SCHEME=urlsplit(settings.public_url).scheme,
    )
    if settings.on_paas:
        # Exactly one router stands in front, and it sets these two; anything more would be the visitor's word.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=0, x_port=0, x_prefix=0)  # type: ignore[method-assign]
    app.before_request(_insist_on_https)
    app.before_request(_keep_from_other_sites)
    app.after_request(_add_headers)
    app.jinja_env.globals["csp_nonce"] = csp_nonce


def csp_nonce() -> str:
    """Return this answer's nonce, which lets our own inline scripts and styles run and no others."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    found: str = g.csp_nonce
    return found


def _insist_on_https() -> AnyResponse | None:
    settings = portal_context().settings
    if not (settings.on_paas and settings.is_secure) or request.is_secure:
        return None
    rule = rule_for(request.endpoint)
    if request.method in {"GET", "HEAD"} and (rule is None or not rule.is_plain):
        return redirect(settings.public_url + request.full_path.rstrip("?"), 308)
    return None


def _keep_from_other_sites() -> AnyResponse | None:
    """Let no other site's page load pictures, files and news, not even one of a neighbour whose cookies are ours."""
    rule = rule_for(request.endpoint)
    if rule is None or not rule.from_here or is_from_here() is not False:
        return None
    if rule.page is not None and request.headers.get("Sec-Fetch-Mode") == "navigate":
        query = urlencode(list(request.args.items(multi=True)))
        return redirect(url_for(rule.page) + (f"?{query}" if query else ""), 303)
    raise NotAllowed


def _add_headers(response: Response) -> Response:
    settings = portal_context().settings
    headers = response.headers
    headers["Content-Security-Policy"] = _content_policy(settings)
    headers["Permissions-Policy"] = f"{framing.camera_policy(_framed(settings))}, {_UNUSED_FEATURES}"
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Frame-Options"] = "DENY"
    headers.setdefault("Referrer-Policy", "same-origin")
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["X-Request-ID"] = request_id()
    headers.setdefault("Cache-Control", "no-store")
    if settings.is_secure:
        headers["Strict-Transport-Security"] = HSTS
    return response


def plain_walls(settings: Settings) -> list[tuple[str, str]]:
    """Return the walls around an answer that is no page, for what answers before Flask does."""
    walls = [
        ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Cache-Control", "no-store"),
    ]
    return [*walls, ("Strict-Transport-Security", HSTS)] if settings.is_secure else walls


def _content_policy(settings: Settings) -> str:
    nonce = f"'nonce-{csp_nonce()}'"
    parts = [
        "default-src 'self'",
        f"script-src 'self' {nonce}",
        f"style-src 'self' {nonce}",
        "img-src 'self' data: blob:",
        "object-src 'none'",
        framing.frame_sources(_framed(settings)),
        "frame-ancestors 'none'",
        f"form-action {' '.join(_form_targets(settings))}",
        "base-uri 'none'",
    ]
    return "; ".join(parts + (["upgrade-insecure-requests"] if settings.is_secure else []))


def _form_targets(settings: Settings) -> list[str]:
    """Name where a form may end: browsers follow its redirects too, and signing out redirects away."""
    targets = ["'self'", _origin(settings.oidc_issuer)]
    ends_at = current_session().get(END_SESSION) if g.get("person") is not None else None
    if isinstance(ends_at, str) and _origin(ends_at) not in targets:
        targets.append(_origin(ends_at))
    return targets


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _framed(settings: Settings) -> tuple[str, ...]:
    """Return whom the page at hand may show in a frame and hand the camera to."""
    return settings.embed_origins if _hands_camera() else ()


def _hands_camera() -> bool:
    rule = rule_for(request.endpoint)
    return rule is not None and rule.camera
