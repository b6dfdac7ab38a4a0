"""Cuts the square that directories, chat and personnel systems take; never decides where it is sent."""

from __future__ import annotations

from PIL import Image

from portal.domain.renditions import FOCUS, ImageFormat
from portal.images.decode import decode_with_provenance
from portal.images.encode import encode_image
from portal.images.errors import CannotFit

QUALITIES = (92, 88, 84, 80, 75, 70, 60, 50, 40)
"""Tried in this order until the file is small enough; below the last one a face looks broken."""


def render_square(content: bytes, size: int, *, max_bytes: int | None = None, phone: bool = False) -> bytes:
    """Return the photo as a baseline sRGB JPEG of ``size`` × ``size`` pixels around the expected face.

    A photo smaller than that is scaled up: the systems that ask for a square ask for an exact one.

    Args:
        content: the whole file: JPEG, PNG or WebP.
        size: side in pixels.
        max_bytes: most bytes of the result; quality steps down until it fits.
        phone: also accept HEIF.

    Raises:
        CannotFit: even the lowest quality is larger than ``max_bytes``.
        PhotoRefused: one of the other errors of :func:`portal.images.decode.open_photo`.
    """
    opened = decode_with_provenance(content, phone=phone, smallest=size)
    picture = opened.image.resize(
        (size, size), Image.Resampling.LANCZOS, box=compute_focus_box(*opened.image.size), reducing_gap=2.0
    )
    xmp = opened.provenance.build_xmp()
    for quality in QUALITIES:
        data = encode_image(picture, ImageFormat.JPEG, quality, xmp=xmp)
        if max_bytes is None or len(data) <= max_bytes:
            return data
    raise CannotFit(max_bytes or 0)


def compute_focus_box(width: int, height: int) -> tuple[int, int, int, int]:
    """Return left, top, right, bottom of the largest square in a picture of these pixels, by ``FOCUS``."""
    side = min(width, height)
    left = round((width - side) * FOCUS[0])
    top = round((height - side) * FOCUS[1])
    return left, top, left + side, top + side
