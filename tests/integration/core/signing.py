"""The provider's signature, computed here from its description, not with the code that checks it."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

SECRET = "test-webhook-secret"


def sign_headers(
    body: bytes, at: datetime, *, secret: str = SECRET, prefix: str = "X-ProfileBakery"
) -> list[tuple[str, str]]:
    """The headers of a webhook signed at ``at``."""
    stamp = str(int(at.timestamp()))
    digest = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return [
        (f"{prefix}-Signature", f"sha256={digest}"),
        (f"{prefix}-Timestamp", stamp),
        ("Content-Type", "application/json"),
    ]
