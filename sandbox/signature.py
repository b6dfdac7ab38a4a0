"""Webhook signatures: HMAC-SHA256 and the headers of a brand."""

from __future__ import annotations

import hashlib
import hmac
from typing import Literal

KeyForm = Literal["text", "hex"]


def sign_body(secret: str, body: bytes, timestamp: int | None, key_form: KeyForm = "text") -> str:
    """Return the HMAC-SHA256 digest in hex over `<timestamp>.<body>`, or over the body alone.

    Args:
        secret: 64 hex characters, used as text or decoded, depending on `key_form`.
        timestamp: Unix seconds; None signs the body alone.
    """
    key = bytes.fromhex(secret) if key_form == "hex" else secret.encode()
    signed = body if timestamp is None else str(timestamp).encode() + b"." + body
    return hmac.new(key, signed, hashlib.sha256).hexdigest()


def build_headers(prefix: str, digest: str, timestamp: int | None) -> dict[str, str]:
    """Return the webhook headers of a brand, e.g. X-HeadshotPro-Signature and -Timestamp."""
    signed = {f"{prefix}-Signature": f"sha256={digest}"}
    if timestamp is not None:
        signed[f"{prefix}-Timestamp"] = str(timestamp)
    return signed
