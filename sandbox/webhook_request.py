"""Builds the body and headers of one webhook request, with the defects of a fault rule."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sandbox import signature
from sandbox.brands import Brand
from sandbox.store.deliveries import Delivery
from sandbox.switches import Switches

STALE_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """Raw body, headers and the signature timestamp in Unix seconds."""

    body: bytes
    headers: dict[str, str]
    signed_at: int


def build_webhook_request(
    brand: Brand, switches: Switches, secret: str, delivery: Delivery, *, now: int, fault: str | None
) -> WebhookRequest:
    """Build the signed request of a delivery.

    Args:
        secret: the current webhook secret.
        now: real time in Unix seconds.
        fault: name of a webhook fault; timing faults have no effect here.
    """
    body = _build_body(delivery, fault)
    keeps_timestamp = fault == "keep_timestamp" or not switches.webhook_resign_retries
    timestamp = delivery.signed_at if keeps_timestamp and delivery.signed_at is not None else now
    if fault == "old_timestamp":
        timestamp = now - STALE_SECONDS
    body_only = fault == "body_only" or switches.webhook_signature == "body"
    signed_timestamp = None if body_only else timestamp
    key = _derive_wrong_secret(secret) if fault == "wrong_signature" else secret
    digest = signature.sign_body(key, body, signed_timestamp, switches.webhook_key)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"{brand.name.replace(' ', '')}-Sandbox-Webhooks/1",
        **signature.build_headers(brand.header_prefix, digest, signed_timestamp),
    }
    return WebhookRequest(body, headers, timestamp)


def _build_body(delivery: Delivery, fault: str | None) -> bytes:
    if fault not in ("without_id", "foreign_organization"):
        return delivery.body.encode()
    payload: dict[str, Any] = json.loads(delivery.body)
    if fault == "without_id":
        payload.pop("id", None)
        payload.pop("createdAt", None)
    else:
        payload["object"]["organization"] = "org_" + "0" * 16
    return json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()


def _derive_wrong_secret(secret: str) -> str:
    """Return a well-formed secret that differs from the current one."""
    return secret[-1:] + secret[:-1] if len(set(secret)) > 1 else ("1" if secret[0] == "0" else "0") * 64
