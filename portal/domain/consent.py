"""The consent policy: its version, its structure and the digest that is stored as evidence."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

# Raise this when the meaning of the text changes: every person then has to agree again.
POLICY_VERSION = "2027-01"


def build_policy_version(number: int) -> str:
    """Return the version people agree to: that of the built-in text, and the number of the company's own one.

    Args:
        number: of the company's own version, 0 for the built-in text.
    """
    return f"{POLICY_VERSION}.{number}" if number else POLICY_VERSION


@dataclass(frozen=True)
class Block:
    """One fact of the policy: a heading, a one-line summary, and the full text."""

    key: str
    heading: str
    summary: str
    text: str


@dataclass(frozen=True)
class Purpose:
    """One processing purpose with its own checkbox."""

    key: str
    label: str


@dataclass(frozen=True)
class Policy:
    """The whole text in one language, exactly as it is shown and stored."""

    version: str
    locale: str
    blocks: tuple[Block, ...]
    purposes: tuple[Purpose, ...]

    @property
    def text(self) -> str:
        """The text that is stored as evidence."""
        blocks = [f"{block.heading}\n{block.summary}\n{block.text}" for block in self.blocks]
        return "\n\n".join([*blocks, *(f"[ ] {purpose.label}" for purpose in self.purposes)])

    @property
    def sha256(self) -> str:
        """Digest of :attr:`text`, hex."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def list_missing(self, checked: Iterable[str]) -> list[Purpose]:
        """List the purposes whose checkbox is not checked; all are required."""
        keys = set(checked)
        return [purpose for purpose in self.purposes if purpose.key not in keys]


@dataclass(frozen=True)
class UseAgreement:
    """What a person agrees to by choosing a photo: that the company uses it. One sentence, shown beside the button."""

    version: str
    locale: str
    text: str

    @property
    def sha256(self) -> str:
        """Digest of :attr:`text`, hex."""
        return hashlib.sha256(self.text.encode()).hexdigest()
