"""Security headers of every response: CSP, permissions, framing, caching, transport security."""

from __future__ import annotations

import secrets
from urllib.parse import urlencode, urlsplit

from flask import Flask, Response, g, redirect, request, url_for
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response as AnyResponse

from portal.domain import framing
from portal.domain.errors import NotAllowed
from portal.settings import Settings
from portal.web.context import EXTENSION, get_context
from portal.web.observability.request_id import get_request_id
from portal.web.security import cookies
from portal.web.security.access import find_rule
from portal.web.security.cookies import build_cookie_name
from portal.web.security.fetch_metadata import is_same_origin

HSTS = "max-age=31536000; includeSubDomains"
_UNUSED_FEATURES = (
    "accelerometer=(), autoplay=(), display-capture=(), fullscreen=(self), geolocation=(), gyroscope=(), "
    "magnetometer=(), microphone=(), midi=(), payment=(), publickey-credentials-get=(), usb=()"
)


def init_app(app: Flask) -> None:
    """Set cookie and host rules and add the headers to every response."""
    settings: Settings = app.extensions[EXTENSION].settings
    host = urlsplit(settings.public_url).hostname or ""
    app.config.from_mapping(
        TRUSTED_HOSTS=[host],
        SESSION_COOKIE_NAME=build_cookie_name(cookies.SESSION, is_secure=settings.is_secure),
        LANGUAGE_COOKIE_NAME=build_cookie_name(cookies.LANGUAGE, is_secure=settings.is_secure),
        SESSION_COOKIE_SECURE=settings.is_secure,
        PREFERRED_URL_SCHEME=urlsplit(settings.public_url).scheme,
    )
    if settings.trusted_proxies:
        # Each proxy adds an address; further ones would come from the client. The outermost proxy sets the scheme.
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=settings.trusted_proxies, x_proto=1, x_host=0, x_port=0, x_prefix=0
        )
    app.before_request(_redirect_to_https)
    app.before_request(_refuse_cross_origin)
    app.after_request(_add_headers)
    app.jinja_env.globals["csp_nonce"] = get_csp_nonce


def get_csp_nonce() -> str:
    """Return this response's CSP nonce for inline scripts and styles."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    found: str = g.csp_nonce
    return found


def _redirect_to_https() -> AnyResponse | None:
    settings = get_context().settings
    if not (settings.trusted_proxies and settings.is_secure) or request.is_secure:
        return None
    rule = find_rule(request.endpoint)
    if request.method in {"GET", "HEAD"} and (rule is None or not rule.json_errors):
        return redirect(settings.public_url + request.full_path.rstrip("?"), 308)
    return None


def _refuse_cross_origin() -> AnyResponse | None:
    """Refuse cross-site loads of pictures, files and streams, including those from sibling subdomains."""
    rule = find_rule(request.endpoint)
    if rule is None or not rule.same_origin_only or is_same_origin() is not False:
        return None
    if rule.redirect_page is not None and request.headers.get("Sec-Fetch-Mode") == "navigate":
        query = urlencode(list(request.args.items(multi=True)))
        return redirect(url_for(rule.redirect_page) + (f"?{query}" if query else ""), 303)
    raise NotAllowed


def _add_headers(response: Response) -> Response:
    settings = get_context().settings
    headers = response.headers
    headers["Content-Security-Policy"] = _build_csp(settings)
    headers["Permissions-Policy"] = f"{framing.build_camera_policy(_list_frame_origins(settings))}, {_UNUSED_FEATURES}"
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Frame-Options"] = "DENY"
    headers.setdefault("Referrer-Policy", "same-origin")
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    headers["X-Request-ID"] = get_request_id()
    headers.setdefault("Cache-Control", "no-store")
    if settings.is_secure:
        headers["Strict-Transport-Security"] = HSTS
    return response


def build_security_headers(settings: Settings) -> list[tuple[str, str]]:
    """Return the headers of a response that is not a page, for middleware that responds before Flask."""
    headers = [
        ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Cache-Control", "no-store"),
    ]
    return [*headers, ("Strict-Transport-Security", HSTS)] if settings.is_secure else headers


def _build_csp(settings: Settings) -> str:
    nonce = f"'nonce-{get_csp_nonce()}'"
    parts = [
        "default-src 'self'",
        f"script-src 'self' {nonce}",
        f"style-src 'self' {nonce}",
        "img-src 'self' data: blob:",
        "object-src 'none'",
        framing.build_frame_src(_list_frame_origins(settings)),
        "frame-ancestors 'none'",
        "form-action " + (g.get("form_action") or "'self'"),
        "base-uri 'none'",
    ]
    return "; ".join(parts + (["upgrade-insecure-requests"] if settings.is_secure else []))


def _list_frame_origins(settings: Settings) -> tuple[str, ...]:
    """Return the origins that the current page may frame and grant the camera to."""
    return settings.embed_origins if _allows_camera() else ()


def _allows_camera() -> bool:
    rule = find_rule(request.endpoint)
    return rule is not None and rule.camera
