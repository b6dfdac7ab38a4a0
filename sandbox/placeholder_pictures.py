"""Drawn placeholder portraits for development sessions and load tests."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageDraw

VARIANTS = 12
_BACKDROPS = ("#8fa3b5", "#b5a58f", "#9fb59a", "#a899b5", "#5d6b78", "#c2b8ad")
_SKIN = ("#f0cfb4", "#d9a67c", "#a9744f", "#6e4630")
_CLOTHES = ("#26313d", "#4b2f36", "#2f4b3c", "#3a3550", "#e8e4dc")


@dataclass(frozen=True, slots=True)
class PlaceholderPicture:
    """One drawn picture as JPEG bytes: original 768x960, main 512x640, thumbnail 160x200 pixels."""

    original: bytes
    main: bytes
    thumbnail: bytes


def render_placeholder_gallery(count: int) -> Iterator[PlaceholderPicture]:
    """Yield `count` pictures. They repeat after twelve."""
    for number in range(count):
        yield _render_variant(number % VARIANTS)


@lru_cache(maxsize=VARIANTS)
def _render_variant(variant: int) -> PlaceholderPicture:
    drawn = _draw_portrait(variant)
    sizes = ((768, 960), (512, 640), (160, 200))
    return PlaceholderPicture(*(_encode_jpeg(drawn.resize(size, Image.Resampling.LANCZOS)) for size in sizes))


def _draw_portrait(variant: int) -> Image.Image:
    image = Image.new("RGB", (768, 960), _BACKDROPS[variant % len(_BACKDROPS)])
    draw = ImageDraw.Draw(image)
    skin, clothes = _SKIN[variant % len(_SKIN)], _CLOTHES[variant % len(_CLOTHES)]
    draw.ellipse((94, 640, 674, 1220), fill=clothes)
    draw.rounded_rectangle((324, 540, 444, 720), 50, fill=skin)
    draw.ellipse((244, 240, 524, 610), fill=skin)
    draw.chord((234, 210, 534, 560), 180, 360, fill="#2b2320")
    draw.text((24, 914), f"sandbox test data {variant + 1}", fill="#ffffff", font_size=28)
    return image


def _encode_jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=82)
    return out.getvalue()
