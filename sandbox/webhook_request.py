"""One webhook request as it goes over the wire, with its planned defects; builds bytes, sends nothing."""

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
    """Raw body, headers and the Unix time it claims to have been signed at."""

    body: bytes
    headers: dict[str, str]
    signed_at: int


def build(
    brand: Brand, switches: Switches, secret: str, delivery: Delivery, *, now: int, fault: str | None
) -> WebhookRequest:
    """Sign a delivery for sending now.

    Args:
        secret: the webhook secret in force.
        now: real time in Unix seconds.
        fault: a webhook fault's name; those about timing change nothing here.
    """
    body = _body(delivery, fault)
    keeps = fault == "keep_timestamp" or not switches.webhook_resign_retries
    timestamp = delivery.signed_at if keeps and delivery.signed_at is not None else now
    if fault == "old_timestamp":
        timestamp = now - STALE_SECONDS
    body_only = fault == "body_only" or switches.webhook_signature == "body"
    shown = None if body_only else timestamp
    key = _other(secret) if fault == "wrong_signature" else secret
    digest = signature.sign(key, body, shown, switches.webhook_key)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"{brand.name.replace(' ', '')}-Sandbox-Webhooks/1",
        **signature.headers(brand.header_prefix, digest, shown),
    }
    return WebhookRequest(body, headers, timestamp)


def _body(delivery: Delivery, fault: str | None) -> bytes:
    if fault not in ("without_id", "foreign_organization"):
        return delivery.body.encode()
    told: dict[str, Any] = json.loads(delivery.body)
    if fault == "without_id":
        told.pop("id", None)
        told.pop("createdAt", None)
    else:
        told["object"]["organization"] = "org_" + "0" * 16
    return json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode()


def _other(secret: str) -> str:
    """Return a well-formed secret that is not the one in force."""
    return secret[-1:] + secret[:-1] if len(set(secret)) > 1 else ("1" if secret[0] == "0" else "0") * 64
