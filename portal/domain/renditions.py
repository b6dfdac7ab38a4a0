"""Which sizes and formats of a photo exist and what they are called; never pixels, files or addresses."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MAX_PHOTO_BYTES = 15_000_000
"""Largest photo file that is downloaded or decoded."""

FOCUS = (0.5, 0.38)
"""Where the face is expected, as fractions of width and height.

A headshot has its eyes above the middle. Pages say ``object-fit: cover; object-position: 50% 38%``; square
downloads are cut with the same arithmetic, so that the circle on the page and the file agree.
"""


class ImageFormat(StrEnum):
    """A format we write."""

    WEBP = "webp"
    JPEG = "jpeg"

    @property
    def extension(self) -> str:
        """File ending without the dot."""
        return "jpg" if self is ImageFormat.JPEG else "webp"

    @property
    def content_type(self) -> str:
        """Media type to store and serve it with."""
        return f"image/{self.value}"


@dataclass(frozen=True, slots=True)
class RenditionSpec:
    """One row of the table: a slot (``"640"`` or ``"original"``) in one format.

    ``width`` is in pixels and an upper bound, as nothing is ever scaled up; ``None`` keeps the photo's own.
    """

    slot: str
    width: int | None
    format: ImageFormat
    quality: int

    @property
    def name(self) -> str:
        """What the rendition is called in addresses and records, for example ``640.webp``."""
        return f"{self.slot}.{self.format.extension}"

    def width_for(self, photo_width: int) -> int:
        """Return the pixels across that this slot has for a photo ``photo_width`` across (for ``srcset``)."""
        return photo_width if self.width is None else min(self.width, photo_width)


WIDTHS = (96, 320, 640, 1280)
"""Slots on pages, in pixels: the circle, filmstrip and grid, phones and side-by-side, the large view."""

ORIGINAL = RenditionSpec("original", None, ImageFormat.JPEG, 92)
"""The photo at full size, cleaned; what a person downloads and what square cuts are made from."""

RENDITIONS: tuple[RenditionSpec, ...] = (
    *(RenditionSpec(str(width), width, ImageFormat.WEBP, 75) for width in WIDTHS),
    *(RenditionSpec(str(width), width, ImageFormat.JPEG, 82) for width in WIDTHS),
    ORIGINAL,
)
"""Every stored rendition of a photo."""

_BY_NAME = {spec.name: spec for spec in RENDITIONS}


def find_rendition(name: str) -> RenditionSpec | None:
    """Return the rendition called ``name``, or ``None`` for a name that is not in the table."""
    return _BY_NAME.get(name)
