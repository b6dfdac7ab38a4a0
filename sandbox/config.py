"""The start arguments of a sandbox. Settings that can change while it runs are in `switches`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from sandbox.brands import BRANDS


@dataclass(frozen=True, slots=True)
class SandboxConfig:
    """Start arguments.

    None keeps the value stored in the data folder, or the default in a new one.

    Attributes:
        data_dir: folder of the database and the pictures; state survives a restart.
        public_url: base URL for browsers and the portal, without a trailing slash.
        api_key: replaces the current API key; any string.
        webhook_secret: 64 hex characters.
        switches: changes to the switches by name, applied at start.
        smtp_port: where to receive mails for the page /mails; None receives none.
        background: False starts no threads, for tests that advance the clock themselves.
    """

    data_dir: Path
    brand: str = "profilebakery"
    public_url: str = "http://127.0.0.1:5001"
    api_key: str | None = None
    webhook_url: str | None = None
    webhook_secret: str | None = None
    credits: Decimal | None = None
    organization_name: str | None = None
    switches: Mapping[str, Any] = field(default_factory=dict)
    background: bool = True
    smtp_port: int | None = None

    def __post_init__(self) -> None:
        if self.brand not in BRANDS:
            raise ValueError(f"brand must be one of {', '.join(BRANDS)}, not {self.brand!r}")
        if self.webhook_secret is not None:
            check_secret(self.webhook_secret)
        if self.credits is not None and (self.credits < 0 or self.credits % Decimal("0.25")):
            raise ValueError("credits must be zero or more, in steps of 0.25")


def check_secret(secret: str) -> str:
    """Return the secret if it is 64 hexadecimal characters.

    Raises:
        ValueError: the secret is malformed. The message does not contain it.
    """
    if len(secret) != 64 or any(c not in "0123456789abcdefABCDEF" for c in secret):  # noqa: PLR2004
        raise ValueError("a webhook secret is 64 hexadecimal characters")
    return secret
