"""The provider's webhooks: raw bytes in, stored once with their job, answered; nothing else happens here."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, Response, current_app, request

from portal.db import DATABASE_ERRORS
from portal.domain.brands import BRANDS, Brand
from portal.domain.errors import TooMany
from portal.provider.signature import SignatureInvalid
from portal.services import deliveries
from portal.services.app_context import AppContext
from portal.services.deliveries import WebhookReceiver
from portal.web.context import get_context
from portal.web.observability import metrics
from portal.web.observability.client_address import build_client_key, get_client_address
from portal.web.security.rate_limits import RateLimit, RateLimiter

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

log = logging.getLogger(__name__)

blueprint = Blueprint("webhooks", __name__)

MAX_BODY_BYTES = 256 * 1024
# Eight at a time, so that a flood asks the database every ten seconds and not every second.
_WRONG_SIGNATURES = RateLimit("wrong webhook signatures", per_minute=60, batch=8)
_RETRY_STATUSES = {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS}
# A server joins what comes twice under one name, so there is one of each at most.
_SIGNED = {
    brand.slug: [
        (f"HTTP_{name.upper().replace('-', '_')}", name)
        for name in (f"{brand.header_prefix}-Signature", f"{brand.header_prefix}-Timestamp")
    ]
    for brand in BRANDS.values()
}


@blueprint.post(f"/webhooks/<any({', '.join(BRANDS)}):slug>")
def receive_webhook(slug: str) -> Response:
    """Receive one webhook in the ordinary way, through Flask."""
    status, text = receive(slug, request.environ)
    return Response(f"{text}\n", status, headers=build_headers(status))


def receive(slug: str, environ: WSGIEnvironment) -> tuple[int, str]:
    """Store one webhook and return status and text: 200 stored, 401 not authentic, 503 try again later."""
    portal = get_context()
    settings = portal.settings
    if slug != settings.provider or not settings.webhook_secrets:
        # Never accept what cannot be checked; the provider tries again while the operator sets the secret.
        log.error("webhook.secret_missing", extra={"provider": slug})
        return 503, "no webhook secret is configured for this provider"
    if environ.get("HTTP_CONTENT_ENCODING", "identity") != "identity":
        return 415, "compressed bodies are not accepted"
    said = environ.get("CONTENT_LENGTH", "")
    length = int(said) if said.isdecimal() else 0
    body = _read_body(environ, length)
    if max(length, len(body)) > MAX_BODY_BYTES:
        return 413, "the body is too large"
    if len(body) < length:
        return 400, "the body ended too early"
    return _store(portal, BRANDS[slug], body, environ)


def _read_body(environ: WSGIEnvironment, length: int) -> bytes:
    """Read the body up to one byte beyond what is allowed."""
    if length > MAX_BODY_BYTES:
        return b""
    # A server that ends the stream itself also knows bodies that come in chunks, without a length.
    is_chunked = not length and environ.get("wsgi.input_terminated")
    found: bytes = environ["wsgi.input"].read(MAX_BODY_BYTES + 1 if is_chunked else length)
    return found


def _store(portal: AppContext, brand: Brand, body: bytes, environ: WSGIEnvironment) -> tuple[int, str]:
    receiver = WebhookReceiver(brand, portal.settings.webhook_secrets, portal.settings.webhook_scheme)
    headers = {name: environ[key] for key, name in _SIGNED[brand.slug] if key in environ}
    try:
        kept = deliveries.store_delivery(receiver, body, headers, now=portal.clock())
    except SignatureInvalid as error:
        metrics.WEBHOOKS.labels(result="rejected").inc()
        return _refuse(portal, error.reason, environ)
    except DATABASE_ERRORS:
        metrics.WEBHOOKS.labels(result="not_stored").inc()
        log.exception("webhook.not_stored")
        return 503, "cannot be kept right now"
    metrics.WEBHOOKS.labels(result="duplicate" if kept is None else "stored").inc()
    return 200, "kept"


def _refuse(portal: AppContext, reason: str, environ: WSGIEnvironment) -> tuple[int, str]:
    """Refuse what is not authentic; a flood of it is not even written down. Authentic ones never come here."""
    address = get_client_address(environ, portal.settings.trusted_proxies)
    throttle: RateLimiter = current_app.extensions["throttle"]
    try:
        throttle.check(_WRONG_SIGNATURES, build_client_key(address), portal.clock())
    except TooMany:
        return 429, "too many wrong signatures"
    log.warning("webhook.rejected", extra={"reason": reason})
    return 401, "the signature does not fit"


def build_headers(status: int) -> list[tuple[str, str]]:
    """Return the headers of an answer with this status."""
    headers = [("Content-Type", "text/plain; charset=utf-8")]
    return [*headers, ("Retry-After", "60")] if status in _RETRY_STATUSES else headers
