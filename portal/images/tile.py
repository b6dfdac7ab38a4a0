"""The company's picture for app launchers: a square of a size they prescribe; logos come from the operator."""

from __future__ import annotations

import io
import unicodedata

from PIL import Image, ImageDraw, ImageFont

from portal.images.decode import decode_photo
from portal.images.errors import PhotoRefused

SIDE = 215
MAX_BYTES = 100_000
_WHITE = "#ffffff"
_MARGIN = 24
_COLORS = 256
# Drawn so much larger and then reduced, curves come out smooth.
_SCALE = 4


def render_tile(*, fill: str, ink: str, character: str, logo: bytes | None) -> bytes:
    """Return a PNG of 215 by 215 pixels and at most 100,000 bytes.

    Args:
        fill: the ground of a drawn tile, ``#rrggbb``.
        ink: what is drawn on it.
        character: drawn where there is no logo.
        logo: a PNG, JPEG or WebP file; anything else, a drawing among them, counts as none.
    """
    found = _render_logo(logo) if logo is not None else None
    return _encode_within_limit(found or _render_monogram(fill, ink, character))


def _render_logo(logo: bytes) -> Image.Image | None:
    try:
        picture = decode_photo(logo)
    except PhotoRefused:
        return None
    factor = (SIDE - 2 * _MARGIN) / max(picture.size)
    width, height = (max(1, round(length * factor)) for length in picture.size)
    picture = picture.resize((width, height), Image.Resampling.LANCZOS)
    ground = Image.new("RGB", (SIDE, SIDE), _WHITE)
    ground.paste(picture, ((SIDE - width) // 2, (SIDE - height) // 2))
    return ground


def _render_monogram(fill: str, ink: str, character: str) -> Image.Image:
    side = SIDE * _SCALE
    ground = Image.new("RGB", (side, side), fill)
    plain = unicodedata.normalize("NFKD", character)[:1]
    if plain.isascii() and plain.isalnum():
        glyph = _render_glyph(plain, side)
        ground.paste(ink, ((side - glyph.width) // 2, (side - glyph.height) // 2), glyph)
    else:
        # The font has no other letters; a head and shoulders are drawn instead.
        draw = ImageDraw.Draw(ground)
        draw.ellipse(_scale_parts(side, 0.36, 0.2, 0.64, 0.48), fill=ink)
        draw.pieslice(_scale_parts(side, 0.22, 0.53, 0.78, 1.05), 180, 360, fill=ink)
    return ground.resize((SIDE, SIDE), Image.Resampling.LANCZOS)


def _render_glyph(character: str, side: int) -> Image.Image:
    """Return a mask of the character, cut to its ink, since fonts centre it for lines of text."""
    mask = Image.new("L", (side, side))
    font = ImageFont.load_default(side * 0.64)
    ImageDraw.Draw(mask).text((side / 5, side / 10), character, fill=255, font=font, stroke_width=side // 90)
    return mask.crop(mask.getbbox())


def _scale_parts(side: int, *parts: float) -> list[float]:
    return [side * part for part in parts]


def _encode_within_limit(image: Image.Image) -> bytes:
    content = _encode_png(image)
    # Only a logo with photo-like grain is larger; the difference is not visible at this size.
    return content if len(content) <= MAX_BYTES else _encode_png(image.quantize(_COLORS))


def _encode_png(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "PNG", optimize=True)
    return stream.getvalue()
