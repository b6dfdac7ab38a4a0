"""The files a chosen headshot is delivered in: one row for each place it goes to, by name, size and byte cap."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

SPEC_VERSION = 2
"""Raise it whenever a row below or the way files are drawn changes, so that every kit is rendered again."""


class KitShape(StrEnum):
    """How a kit file is cut from the photo."""

    WHOLE = "whole"
    """The whole photo."""
    SQUARE = "square"
    """The person's crop."""
    CIRCLE = "circle"
    """The person's crop as a circle on transparent ground."""
    PORTRAIT = "portrait"
    """A 3:4 rectangle around the person's crop."""


@dataclass(frozen=True, slots=True)
class KitFileSpec:
    """One file of the kit.

    Attributes:
        key: its name in addresses, records and the ZIP; stable.
        shape: how it is cut.
        width: pixels across; None keeps the photo's own.
        height: pixels down; None keeps the photo's own.
        content_type: media type of the file.
        max_bytes: largest size the destination takes; None has no cap.
    """

    key: str
    shape: KitShape
    width: int | None
    height: int | None
    content_type: str = "image/jpeg"
    max_bytes: int | None = None

    @property
    def extension(self) -> str:
        """File ending without the dot."""
        return "png" if self.content_type == "image/png" else "jpg"


KIT_FILES: tuple[KitFileSpec, ...] = (
    KitFileSpec("full", KitShape.WHOLE, None, None),
    # Exchange Online keeps at most 648 × 648; accounts without a mailbox take about 100 KB.
    KitFileSpec("microsoft365", KitShape.SQUARE, 648, 648, max_bytes=100_000),
    # Slack takes 512 to 1024 pixels; Google reduces every picture to 96.
    KitFileSpec("chat", KitShape.SQUARE, 1024, 1024),
    KitFileSpec("linkedin", KitShape.SQUARE, 800, 800),
    # BambooHR's pages stop at 600 pixels; Workday needs about 200.
    KitFileSpec("directory", KitShape.SQUARE, 600, 600),
    KitFileSpec("signature-128", KitShape.CIRCLE, 128, 128, "image/png"),
    KitFileSpec("signature-256", KitShape.CIRCLE, 256, 256, "image/png"),
    KitFileSpec("badge", KitShape.PORTRAIT, 900, 1200),
    # thumbnailPhoto: the attribute holds 102,400 bytes; 10 KB keeps directories fast.
    KitFileSpec("ldap", KitShape.SQUARE, 96, 96, max_bytes=10_000),
    KitFileSpec("web", KitShape.WHOLE, 1200, None),
)
"""Every file of a kit, in the order pages list them."""

_BY_KEY = {spec.key: spec for spec in KIT_FILES}


def find_kit_file(key: str) -> KitFileSpec | None:
    """Return the row of this key, None for a key that is not in the table."""
    return _BY_KEY.get(key)
