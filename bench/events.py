"""The events every server gets: prepared, signed requests of one size, a fifth of them repeats."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

BODY_BYTES = 606
REPEATS = 0.2
SECRET = "bench-webhook-secret"  # noqa: S105 - signs and checks the events of this benchmark only
STRIPE_SECRET = "whsec_bench"  # noqa: S105 - likewise


@dataclass(frozen=True)
class Batch:
    """Requests as bytes, and how many different events they carry."""

    requests: list[bytes]
    ids: list[str]

    @property
    def distinct(self) -> int:
        """How many different events there are."""
        return len(set(self.ids))


def build_batch(make: Callable[[str], bytes], name: str, count: int) -> Batch:
    """Prepare ``count`` requests under ids that follow from ``name``; a fifth repeats an earlier one."""
    chance = random.Random(name)  # noqa: S311 - every server gets the same
    ids: list[str] = []
    for number in range(count):
        repeat = number > 0 and chance.random() < REPEATS
        ids.append(chance.choice(ids) if repeat else f"evt_{chance.getrandbits(96):024x}")
    made = {each: make(each) for each in dict.fromkeys(ids)}
    return Batch([made[each] for each in ids], ids)


def build_portal_request(path: str) -> Callable[[str], bytes]:
    """Return what makes a request as the studio sends it."""

    def make(event_id: str) -> bytes:
        body = _padded(
            {
                "id": event_id,
                "event": "model.status.updated",
                "objectType": "model",
                "createdAt": "2026-03-01T12:00:00.000Z",
                "object": {"_id": f"model-{event_id}", "status": "generating", "organization": "org-1"},
            }
        )
        stamp = str(int(time.time()))
        headers = {
            "X-ProfileBakery-Timestamp": stamp,
            "X-ProfileBakery-Signature": f"sha256={_mac(SECRET, stamp, body)}",
        }
        return _post(path, headers, body)

    return make


def build_stripe_request(path: str) -> Callable[[str], bytes]:
    """Return what makes a request as Stripe sends it."""

    def make(event_id: str) -> bytes:
        body = _padded(
            {
                "id": event_id,
                "object": "event",
                "account": "acct_bench",
                "api_version": "2020-08-27",
                "created": 1_772_366_400,
                "type": "bench.happened",
                "livemode": False,
                "pending_webhooks": 1,
                "request": {"id": None, "idempotency_key": None},
                "data": {"object": {"id": f"thing_{event_id}", "object": "thing", "status": "generating"}},
            }
        )
        stamp = str(int(time.time()))
        return _post(path, {"Stripe-Signature": f"t={stamp},v1={_mac(STRIPE_SECRET, stamp, body)}"}, body)

    return make


def _mac(secret: str, stamp: str, body: bytes) -> str:
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _padded(body: dict[str, object]) -> bytes:
    inner = body.get("data", body)
    assert isinstance(inner, dict)  # noqa: S101 - made above
    item = inner["object"]
    item["title"] = ""
    missing = BODY_BYTES - len(json.dumps(body))
    item["title"] = "x" * missing
    return json.dumps(body).encode()


def _post(path: str, headers: dict[str, str], body: bytes) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: application/json"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += [f"Content-Length: {len(body)}", "User-Agent: bench", "", ""]
    return "\r\n".join(lines).encode() + body
