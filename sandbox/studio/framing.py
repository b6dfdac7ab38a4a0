"""Finds a head-and-shoulders crop in a photo by skin color, without a machine learning model."""

from __future__ import annotations

import random
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageDraw, ImageFilter

ASPECT = 4 / 5
"""Width over height of generated pictures."""

_PROBE_WIDTH = 96
_MIN_CONFIDENCE = 70
_FACE_HEIGHT = 0.40
_MIN_FACE_WIDTH = 0.10
_MAX_FACE_WIDTH = 0.46


@dataclass(frozen=True)
class Face:
    """An estimated face in fractions of the photo: center x, center y and width (of the photo width)."""

    x: float
    y: float
    width: float


@dataclass(frozen=True)
class Crop:
    """A 4:5 box in photo pixels, and the position of the head in fractions of the box."""

    box: tuple[float, float, float, float]
    head_x: float
    head_y: float
    head_width: float


def find_face(photo: Image.Image) -> Face:
    """Estimate the position of the face. Falls back to the upper center."""
    probe = photo.resize(_compute_probe_size(photo.size), Image.Resampling.BOX)
    skin = _build_skin_map(probe)
    peak_x, peak_y, strength = _find_peak(skin)
    if strength < _MIN_CONFIDENCE:
        return Face(0.5, 0.40, 0.30)
    width, height = skin.size
    measured = _measure_run(skin, peak_x, peak_y, strength) / width
    face_width = min(max(measured, _MIN_FACE_WIDTH), _MAX_FACE_WIDTH)
    return Face(peak_x / width, peak_y / height, face_width)


def choose_crop(size: tuple[int, int], face: Face, rng: random.Random) -> Crop:
    """Choose a crop around a face. `rng` varies distance and position."""
    photo_width, photo_height = size
    face_width = face.width * photo_width
    zoom = rng.uniform(2.15, 3.1)
    crop_width = max(face_width * zoom, 0.42 * min(size))
    crop_width = min(crop_width, photo_width, photo_height * ASPECT)
    crop_height = crop_width / ASPECT
    center_x = face.x * photo_width + rng.uniform(-0.05, 0.05) * crop_width
    line = _FACE_HEIGHT + rng.uniform(-0.03, 0.03)
    left = min(max(center_x - crop_width / 2, 0.0), photo_width - crop_width)
    top = min(max(face.y * photo_height - line * crop_height, 0.0), photo_height - crop_height)
    return Crop(
        box=(left, top, left + crop_width, top + crop_height),
        head_x=(face.x * photo_width - left) / crop_width,
        head_y=(face.y * photo_height - top) / crop_height,
        head_width=face_width / crop_width,
    )


def _compute_probe_size(size: tuple[int, int]) -> tuple[int, int]:
    width, height = size
    return _PROBE_WIDTH, max(8, min(2 * _PROBE_WIDTH, round(_PROBE_WIDTH * height / width)))


def _build_skin_map(probe: Image.Image) -> Image.Image:
    """Build a grayscale map of skin likelihood, weighted towards the upper center.

    All skin tones share a narrow band of chroma, so lightness is ignored.
    """
    _, blue, red = probe.convert("YCbCr").split()
    in_blue = blue.point([_compute_trapezoid(value, 88, 104, 122, 132) for value in range(256)])
    in_red = red.point([_compute_trapezoid(value, 131, 138, 160, 172) for value in range(256)])
    skin = ImageChops.multiply(in_blue, in_red).filter(ImageFilter.BoxBlur(4))
    return ImageChops.multiply(skin, _build_prior(probe.size))


def _compute_trapezoid(value: int, low: int, full_from: int, full_to: int, high: int) -> int:
    """Compute a trapezoid function: 0 outside low..high, 255 between the inner two values, linear in between."""
    if value <= low or value >= high:
        return 0
    if value < full_from:
        return round(255 * (value - low) / (full_from - low))
    if value > full_to:
        return round(255 * (high - value) / (high - full_to))
    return 255


def _build_prior(size: tuple[int, int]) -> Image.Image:
    width, height = size
    prior = Image.new("L", size, 60)
    ImageDraw.Draw(prior).ellipse((width * 0.2, height * 0.08, width * 0.8, height * 0.66), fill=255)
    return prior.filter(ImageFilter.GaussianBlur(width / 9))


def _find_peak(skin: Image.Image) -> tuple[int, int, int]:
    """Return x, y and value of the center of the brightest area."""
    strength = max(skin.tobytes())
    bright = skin.point([255 if value >= 0.82 * strength and value else 0 for value in range(256)])
    box = bright.getbbox()
    if box is None:
        return 0, 0, 0
    return (box[0] + box[2]) // 2, (box[1] + box[3]) // 2, strength


def _measure_run(skin: Image.Image, x: int, y: int, strength: int) -> int:
    """Count the pixels left and right of the peak with at least 45 % of its value."""
    width = skin.width
    row = skin.crop((0, y, width, y + 1)).tobytes()
    left = right = x
    while left > 0 and row[left - 1] > strength * 0.45:
        left -= 1
    while right < width - 1 and row[right + 1] > strength * 0.45:
        right += 1
    return right - left + 1
