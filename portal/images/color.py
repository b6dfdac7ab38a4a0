"""Converts a decoded picture to 8-bit sRGB."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import lru_cache

from PIL import Image, ImageCms

BAND_ROWS = 256

_PROFILE_SPACES = {"RGB": "RGB", "L": "GRAY", "CMYK": "CMYK"}


def convert_to_srgb(image: Image.Image) -> Image.Image:
    """Return ``image`` as 8-bit RGB in sRGB, with transparency laid on white.

    The embedded color profile is applied where it fits the picture; a damaged or foreign one is ignored,
    because the photo itself is still good.
    """
    profile = image.info.get("icc_profile")
    image = _reduce_to_8_bit(image)
    if image.has_transparency_data:
        image = _flatten_on_white(image)
    elif image.mode not in _PROFILE_SPACES:
        image = image.convert("RGB")
    transform = _build_transform(profile, image.mode) if isinstance(profile, bytes) else None
    if transform is None:
        return image if image.mode == "RGB" else image.convert("RGB")
    if image.mode == "RGB":
        ImageCms.applyTransform(image, transform, inPlace=True)
        return image
    return ImageCms.applyTransform(image, transform) or image.convert("RGB")


def _reduce_to_8_bit(image: Image.Image) -> Image.Image:
    if not image.mode.startswith("I"):
        return image
    # A plain conversion would clip everything above 255 to white.
    return _convert_in_bands(image, "L", lambda band: band.convert("I").point(lambda value: value / 257).convert("L"))


def _flatten_on_white(image: Image.Image) -> Image.Image:
    return _convert_in_bands(image, "RGB", _flatten_band)


def _flatten_band(band: Image.Image) -> Image.Image:
    band = band.convert("RGBA")
    ground = Image.new("RGB", band.size, "white")
    ground.paste(band, mask=band.getchannel("A"))
    return ground


def _convert_in_bands(image: Image.Image, mode: str, convert: Callable[[Image.Image], Image.Image]) -> Image.Image:
    """Return ``image`` converted strip by strip, so that the steps between never exist at full size."""
    whole = Image.new(mode, image.size)
    for top in range(0, image.height, BAND_ROWS):
        box = (0, top, image.width, min(top + BAND_ROWS, image.height))
        whole.paste(convert(image.crop(box)), box)
    return whole


@lru_cache(maxsize=16)
def _build_transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Build the transform from ``profile`` to sRGB; ``None`` if none is needed or possible."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if source.profile.xcolor_space.strip() != _PROFILE_SPACES[mode]:
            return None
        if ImageCms.getProfileDescription(source).startswith("sRGB"):
            return None
        return ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
