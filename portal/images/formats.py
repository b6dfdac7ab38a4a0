"""What a file claims to be by its first bytes, before any decoder sees it; never decodes."""

from __future__ import annotations

from portal.images.errors import ImageAnimated, NotAPhoto

MAX_PIXELS = 25_000_000
"""Most pixels of a decoded photo; also set as Pillow's own limit. 100 MB in memory at four bytes each."""

MAX_SIDE = 8_192
"""Longest side in pixels. A picture of one pixel by millions costs far more memory than its pixels."""

MAX_WEBP_PIXELS = 12_000_000
"""Pillow's WebP decoder holds the picture four times over; this keeps its memory near that of the others."""

WEBP_COPIES = 2
"""How many times more memory than others the WebP decoder needs for a pixel."""

_VP8X_FLAGS = 20

_HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1"})


def detect_format(content: bytes, *, phone: bool) -> str:
    """Return Pillow's name of the format that ``content`` starts like.

    Args:
        content: the whole file.
        phone: also accept HEIF, which phones take photos in.

    Raises:
        NotAPhoto: it starts like none of them.
    """
    if content.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "WEBP"
    if phone and content[4:8] == b"ftyp" and content[8:12] in _HEIF_BRANDS:
        return "HEIF"
    raise NotAPhoto


def get_pixel_limit(name: str) -> int:
    """Return the most pixels accepted in format ``name``."""
    return MAX_WEBP_PIXELS if name == "WEBP" else MAX_PIXELS


def check_single_frame(content: bytes) -> None:
    """Refuse animations, by the flags their headers carry.

    Raises:
        ImageAnimated: an animated PNG or WebP, or a HEIF image sequence.
    """
    is_animated_png = content.startswith(b"\x89PNG") and b"acTL" in content[: content.find(b"IDAT")]
    is_animated_webp = content[8:16] == b"WEBPVP8X" and len(content) > _VP8X_FLAGS and bool(content[_VP8X_FLAGS] & 2)
    is_sequence = content[4:12] in {b"ftypmsf1", b"ftyphevc", b"ftyphevx"}
    if is_animated_png or is_animated_webp or is_sequence:
        raise ImageAnimated
