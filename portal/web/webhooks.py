"""Receiver of the provider's webhooks: checks the signature, stores the raw body with its job, and responds."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, Response, current_app, request

from portal.db import DATABASE_ERRORS
from portal.domain.brands import BRANDS, Brand
from portal.domain.errors import TooMany
from portal.domain.event_redaction import redact_headers
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
# Batches of eight, so that a flood causes a query every ten seconds instead of every second.
_WRONG_SIGNATURES = RateLimit("wrong webhook signatures", per_minute=60, batch=8)
_RETRY_STATUSES = {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS}
# WSGI servers join repeated headers, so there is at most one of each.
_SIGNATURE_HEADERS = {
    brand.slug: [
        (f"HTTP_{name.upper().replace('-', '_')}", name)
        for name in (f"{brand.header_prefix}-Signature", f"{brand.header_prefix}-Timestamp")
    ]
    for brand in BRANDS.values()
}
# What operators see of a request beside its body; the signature is cut.
_RECORDED_HEADERS = (
    ("CONTENT_TYPE", "Content-Type"),
    ("CONTENT_LENGTH", "Content-Length"),
    ("HTTP_USER_AGENT", "User-Agent"),
)


@blueprint.post(f"/webhooks/<any({', '.join(BRANDS)}):slug>")
def receive_webhook(slug: str) -> Response:
    """Receive one webhook through Flask, the path that is used without the middleware."""
    status, text = receive_delivery(slug, request.environ)
    return Response(f"{text}\n", status, headers=build_headers(status))


def receive_delivery(slug: str, environ: WSGIEnvironment) -> tuple[int, str]:
    """Store one webhook; return status and text: 200 stored, 401 not authentic, 503 retry later."""
    context = get_context()
    settings = context.settings
    if slug != settings.provider or not settings.webhook_secrets:
        # Never accept an unverified webhook; the provider retries until the operator has set the secret.
        log.error("webhook.secret_missing", extra={"provider": slug})
        return 503, "no webhook secret is configured for this provider"
    if environ.get("HTTP_CONTENT_ENCODING", "identity") != "identity":
        return 415, "compressed bodies are not accepted"
    declared = environ.get("CONTENT_LENGTH", "")
    length = int(declared) if declared.isdecimal() else 0
    body = _read_body(environ, length)
    if max(length, len(body)) > MAX_BODY_BYTES:
        return 413, "the body is too large"
    if len(body) < length:
        return 400, "the body ended too early"
    return _store(context, BRANDS[slug], body, environ)


def _read_body(environ: WSGIEnvironment, length: int) -> bytes:
    """Read the body up to one byte more than allowed."""
    if length > MAX_BODY_BYTES:
        return b""
    # Servers that end the stream themselves also support chunked bodies, which have no length.
    is_chunked = not length and environ.get("wsgi.input_terminated")
    found: bytes = environ["wsgi.input"].read(MAX_BODY_BYTES + 1 if is_chunked else length)
    return found


def _store(context: AppContext, brand: Brand, body: bytes, environ: WSGIEnvironment) -> tuple[int, str]:
    receiver = WebhookReceiver(brand, context.settings.webhook_secrets, context.settings.webhook_scheme)
    headers = {name: environ[key] for key, name in _SIGNATURE_HEADERS[brand.slug] if key in environ}
    try:
        recorded = redact_headers({name: environ[key] for key, name in _RECORDED_HEADERS if key in environ} | headers)
        stored = deliveries.store_delivery(receiver, body, headers, now=context.clock(), recorded_headers=recorded)
    except SignatureInvalid as error:
        metrics.WEBHOOKS.labels(result="rejected").inc()
        return _refuse(context, error.reason, environ)
    except DATABASE_ERRORS:
        metrics.WEBHOOKS.labels(result="not_stored").inc()
        log.exception("webhook.not_stored")
        return 503, "cannot be stored at the moment"
    metrics.WEBHOOKS.labels(result="duplicate" if stored is None else "stored").inc()
    return 200, "stored"


def _refuse(context: AppContext, reason: str, environ: WSGIEnvironment) -> tuple[int, str]:
    """Refuse a webhook that is not authentic; above the rate limit it is not logged either."""
    address = get_client_address(environ, context.settings.trusted_proxies)
    rate_limiter: RateLimiter = current_app.extensions["rate_limiter"]
    try:
        rate_limiter.check(_WRONG_SIGNATURES, build_client_key(address), context.clock())
    except TooMany:
        return 429, "too many wrong signatures"
    log.warning("webhook.rejected", extra={"reason": reason})
    deliveries.count_rejection(reason, now=context.clock())
    return 401, "the signature does not match"


def build_headers(status: int) -> list[tuple[str, str]]:
    """Return the headers of a response with this status."""
    headers = [("Content-Type", "text/plain; charset=utf-8")]
    return [*headers, ("Retry-After", "60")] if status in _RETRY_STATUSES else headers
