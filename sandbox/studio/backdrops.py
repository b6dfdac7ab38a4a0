"""Replaces the background of a portrait: a mask of head and shoulders, and a backdrop around it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from sandbox.studio.framing import Crop

Color = tuple[int, int, int]

_MASK_SIZE = (192, 240)
_PERSON_THRESHOLD = 111


@dataclass(frozen=True)
class Backdrop:
    """A gradient from `light` behind the head to `dark` in the corners.

    `opacity` (0..1) blends it over the original background. `vignette` (0..1) darkens the corners of the result.
    """

    light: Color
    dark: Color
    opacity: float
    vignette: float = 0.0


def build_person_mask(picture: Image.Image, crop: Crop) -> Image.Image:
    """Build a soft mask (192x240) of the person: white is kept, black becomes backdrop.

    Geometry decides the center and the far corners. In between, pixels that differ from the colors at both
    edges count as the person, so hair keeps its shape in front of a plain background.
    """
    small = picture.resize(_MASK_SIZE, Image.Resampling.BOX)
    channels = ImageChops.difference(small, _estimate_background(small)).split()
    distance = ImageChops.lighter(ImageChops.lighter(channels[0], channels[1]), channels[2])
    distance = distance.point([max(0, min(255, (value - 32) * 6)) for value in range(256)])
    # Morphological closing fills bright areas without growing the mask, which would leave a halo.
    coarse = distance.reduce(2).filter(ImageFilter.MaxFilter(7)).filter(ImageFilter.MinFilter(7))
    closed = ImageChops.lighter(distance, coarse.resize(_MASK_SIZE, Image.Resampling.BILINEAR))
    person = ImageChops.lighter(_build_inner_mask(crop), ImageChops.multiply(_build_outer_mask(crop), closed))
    mask = ImageChops.lighter(person, _find_enclosed_areas(person)).filter(ImageFilter.GaussianBlur(1.5))
    return mask.point([max(0, min(255, round((value - 70) * 1.38))) for value in range(256)])


def render_backdrop(picture: Image.Image, mask: Image.Image, backdrop: Backdrop) -> Image.Image:
    """Return the picture with the backdrop behind the person. The mask may have any size."""
    small = picture.resize(_MASK_SIZE, Image.Resampling.BOX).filter(ImageFilter.GaussianBlur(8))
    background = Image.blend(small, _render_gradient(backdrop.light, backdrop.dark), backdrop.opacity)
    size = picture.size
    result = Image.composite(
        picture,
        background.resize(size, Image.Resampling.BILINEAR),
        mask.resize(size, Image.Resampling.BILINEAR),
    )
    if backdrop.vignette:
        result = ImageChops.multiply(result, _render_vignette(round(backdrop.vignette * 100), size))
    return result


def _estimate_background(small: Image.Image) -> Image.Image:
    """Estimate the background behind the person from both edges of the picture above the shoulders."""
    width, height = small.size
    edge, cut = width // 12, round(height * 0.45)
    sides = Image.new("RGB", (2, 6))
    for column, left in enumerate((0, width - edge)):
        strip = small.crop((left, 0, left + edge, cut))
        sides.paste(strip.resize((1, 6), Image.Resampling.BOX), (column, 0))
    background = sides.resize((width, height), Image.Resampling.BILINEAR, box=(0, 0, 2, 6))
    upper = background.resize((width, cut), Image.Resampling.BILINEAR)
    background.paste(upper.crop((0, cut - 1, width, cut)).resize((width, height - cut)), (0, cut))
    background.paste(upper, (0, 0))
    return background


def _find_enclosed_areas(mask: Image.Image) -> Image.Image:
    """Find areas enclosed by the mask, such as parts of a face with the color of the background."""
    small = mask.resize((48, 60), Image.Resampling.BOX).point(
        [0] * _PERSON_THRESHOLD + [255] * (256 - _PERSON_THRESHOLD)
    )
    ring = Image.new("L", (small.width + 2, small.height + 1), 0)
    ring.paste(small, (1, 1))
    ImageDraw.floodfill(ring, (0, 0), 128)
    holes = ring.crop((1, 1, ring.width - 1, ring.height)).point([255] + [0] * 255)
    return holes.filter(ImageFilter.MaxFilter(3)).resize(mask.size, Image.Resampling.BICUBIC)


def _build_inner_mask(crop: Crop) -> Image.Image:
    """Build the mask of face and chest, which is kept regardless of color."""
    width, height = _MASK_SIZE
    mask = Image.new("L", _MASK_SIZE, 0)
    pen = ImageDraw.Draw(mask)
    x, y, half = crop.head_x * width, crop.head_y * height, max(crop.head_width, 0.30) * width * 0.5
    pen.ellipse((x - half, y - half * 1.3, x + half, y + half * 1.2), fill=255)
    pen.rectangle((x - half * 0.4, y, x + half * 0.4, height), fill=255)
    chest = min(height * 0.82, y + half * 2.9)
    foot = half * 2.6
    pen.polygon(((x - half, chest), (x + half, chest), (x + foot, height), (x - foot, height)), fill=255)
    return mask.filter(ImageFilter.GaussianBlur(6))


def _build_outer_mask(crop: Crop) -> Image.Image:
    """Build the mask of the area that hair, shoulders and arms can reach."""
    width, height = _MASK_SIZE
    mask = Image.new("L", _MASK_SIZE, 0)
    pen = ImageDraw.Draw(mask)
    x, y, half = crop.head_x * width, crop.head_y * height, max(crop.head_width, 0.26) * width * 0.95
    pen.ellipse((x - half * 1.2, y - half * 1.75, x + half * 1.2, y + half * 1.5), fill=255)
    arms = (x - half * 2.4, y + half * 0.8, x + half * 2.4, height * 1.5)
    pen.rounded_rectangle(arms, radius=half, fill=255)
    # Very soft: in front of a busy background all of it is kept and must not show as a shape.
    return mask.filter(ImageFilter.GaussianBlur(18))


@lru_cache(maxsize=32)
def _render_gradient(light: Color, dark: Color) -> Image.Image:
    """Render a radial gradient, lightest a little above the center."""
    width, height = _MASK_SIZE
    falloff = Image.radial_gradient("L").resize((width * 2, round(height * 1.9)), Image.Resampling.BICUBIC)
    left, top = width // 2, round(height * 0.5)
    falloff = falloff.crop((left, top, left + width, top + height))
    falloff = falloff.point([min(255, value * 2) for value in range(256)])
    return Image.composite(Image.new("RGB", _MASK_SIZE, dark), Image.new("RGB", _MASK_SIZE, light), falloff)


@lru_cache(maxsize=8)
def _render_vignette(percent: int, size: tuple[int, int]) -> Image.Image:
    fall = [255 - round(percent / 100 * max(0, value - 120) * 1.9) for value in range(256)]
    shade = Image.radial_gradient("L").point(fall)
    return Image.merge("RGB", (shade.resize(size, Image.Resampling.BICUBIC),) * 3)
