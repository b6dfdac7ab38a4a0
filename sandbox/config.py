"""What a sandbox is started with; what can change while it runs lives in switches."""

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

    A value of None keeps what the data folder remembers (or the default of a fresh one).

    Attributes:
        data_dir: holds the database and every picture; state survives a restart.
        public_url: where people and the portal reach the sandbox, without a trailing slash.
        api_key: replaces the key in force; any text.
        webhook_secret: 64 hex characters.
        switches: changes to the switches by name, applied at start.
        background: False starts no threads, for tests that drive time by hand.
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
        ValueError: it is not; the message never repeats it.
    """
    if len(secret) != 64 or any(c not in "0123456789abcdefABCDEF" for c in secret):  # noqa: PLR2004
        raise ValueError("a webhook secret is 64 hexadecimal characters")
    return secret
