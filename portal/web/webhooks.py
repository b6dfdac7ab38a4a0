"""The provider's webhooks: raw bytes in, stored once with their job, answered; nothing else happens here."""

from __future__ import annotations

import logging

from flask import Blueprint, Response, current_app, request
from werkzeug.exceptions import RequestEntityTooLarge

from portal.db import FAULTS
from portal.provider.brands import BRANDS
from portal.provider.signature import BadSignature
from portal.services import inbox
from portal.services.context import Portal
from portal.services.inbox import Receiver

log = logging.getLogger(__name__)

blueprint = Blueprint("webhooks", __name__)

MAX_BODY_BYTES = 256 * 1024


@blueprint.post("/webhooks/<any(profilebakery, headshotpro):slug>")
def receive(slug: str) -> Response:
    """Take in one webhook: 200 kept, 401 not authentic, 413 too large, 503 try again later."""
    portal: Portal = current_app.extensions["portal"]
    settings = portal.settings
    if slug != settings.provider or not settings.webhook_secrets:
        # Never accept what cannot be checked; the provider tries again while the operator sets the secret.
        log.error("webhook refused: no secret configured", extra={"provider": slug})
        return _answer(503, "no webhook secret is configured for this provider")
    if request.headers.get("Content-Encoding", "identity") != "identity":
        return _answer(415, "compressed bodies are not accepted")
    receiver = Receiver(BRANDS[slug], settings.webhook_secrets, settings.webhook_scheme)
    try:
        inbox.accept(receiver, _body(), list(request.headers), now=portal.clock())
    except BadSignature as error:
        log.warning("webhook refused", extra={"reason": error.reason})
        return _answer(401, "the signature does not fit")
    except FAULTS:
        log.exception("webhook not kept, the provider will try again")
        return _answer(503, "cannot be kept right now")
    return _answer(200, "kept")


def _body() -> bytes:
    # One more than allowed: of a body without a length nobody says that it was cut off at the limit.
    request.max_content_length = MAX_BODY_BYTES + 1
    body = request.get_data(cache=False)
    if len(body) > MAX_BODY_BYTES:
        raise RequestEntityTooLarge
    return body


def _answer(status: int, text: str) -> Response:
    response = Response(f"{text}\n", status, content_type="text/plain; charset=utf-8")
    if status == 503:  # noqa: PLR2004 - the one status with a date to come back
        response.headers["Retry-After"] = "60"
    return response
