"""Where a head-and-shoulders crop sits in a photo, found without a model; never opens or alters a photo."""

from __future__ import annotations

import random
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageDraw, ImageFilter

ASPECT = 4 / 5
"""Width over height of every picture we make."""

_PROBE = 96
_CONFIDENT = 70
_FACE_LINE = 0.40
_FACE_WIDTH_LEAST = 0.10
_FACE_WIDTH_MOST = 0.46


@dataclass(frozen=True)
class Face:
    """A guess at a face, in fractions of the photo: centre x, centre y and width (of the photo's width)."""

    x: float
    y: float
    width: float


@dataclass(frozen=True)
class Crop:
    """A 4:5 box in photo pixels, and where the head sits inside it (fractions of the box)."""

    box: tuple[float, float, float, float]
    head_x: float
    head_y: float
    head_width: float


def find_face(photo: Image.Image) -> Face:
    """Guess where the face is; without a clear answer, the upper centre, where people hold themselves."""
    probe = photo.resize(_probe_size(photo.size), Image.Resampling.BOX)
    likely = _likely_skin(probe)
    peak_x, peak_y, strength = _peak(likely)
    if strength < _CONFIDENT:
        return Face(0.5, 0.40, 0.30)
    width, height = likely.size
    seen = _run_length(likely, peak_x, peak_y, strength) / width
    face_width = min(max(seen, _FACE_WIDTH_LEAST), _FACE_WIDTH_MOST)
    return Face(peak_x / width, peak_y / height, face_width)


def frame(size: tuple[int, int], face: Face, dice: random.Random) -> Crop:
    """Choose a crop around *face* in a photo of *size*; *dice* varies closeness and position."""
    photo_width, photo_height = size
    face_width = face.width * photo_width
    closeness = dice.uniform(2.15, 3.1)
    crop_width = max(face_width * closeness, 0.42 * min(size))
    crop_width = min(crop_width, photo_width, photo_height * ASPECT)
    crop_height = crop_width / ASPECT
    centre_x = face.x * photo_width + dice.uniform(-0.05, 0.05) * crop_width
    line = _FACE_LINE + dice.uniform(-0.03, 0.03)
    left = min(max(centre_x - crop_width / 2, 0.0), photo_width - crop_width)
    top = min(max(face.y * photo_height - line * crop_height, 0.0), photo_height - crop_height)
    return Crop(
        box=(left, top, left + crop_width, top + crop_height),
        head_x=(face.x * photo_width - left) / crop_width,
        head_y=(face.y * photo_height - top) / crop_height,
        head_width=face_width / crop_width,
    )


def _probe_size(size: tuple[int, int]) -> tuple[int, int]:
    width, height = size
    return _PROBE, max(8, min(2 * _PROBE, round(_PROBE * height / width)))


def _likely_skin(probe: Image.Image) -> Image.Image:
    """Grey map: how much each place looks like skin, weighted towards the upper centre.

    Skin of every depth shares a narrow band of chroma; lightness is left out on purpose.
    """
    _, blue, red = probe.convert("YCbCr").split()
    in_blue = blue.point([_band(value, 88, 104, 122, 132) for value in range(256)])
    in_red = red.point([_band(value, 131, 138, 160, 172) for value in range(256)])
    skin = ImageChops.multiply(in_blue, in_red).filter(ImageFilter.BoxBlur(4))
    return ImageChops.multiply(skin, _prior(probe.size))


def _band(value: int, low: int, full_from: int, full_to: int, high: int) -> int:
    """A trapezoid: 0 outside low..high, 255 between the inner two, slopes in between."""
    if value <= low or value >= high:
        return 0
    if value < full_from:
        return round(255 * (value - low) / (full_from - low))
    if value > full_to:
        return round(255 * (high - value) / (high - full_to))
    return 255


def _prior(size: tuple[int, int]) -> Image.Image:
    width, height = size
    prior = Image.new("L", size, 60)
    ImageDraw.Draw(prior).ellipse((width * 0.2, height * 0.08, width * 0.8, height * 0.66), fill=255)
    return prior.filter(ImageFilter.GaussianBlur(width / 9))


def _peak(likely: Image.Image) -> tuple[int, int, int]:
    """Place and value of the centre of the brightest area."""
    strength = max(likely.tobytes())
    bright = likely.point([255 if value >= 0.82 * strength and value else 0 for value in range(256)])
    box = bright.getbbox()
    if box is None:
        return 0, 0, 0
    return (box[0] + box[2]) // 2, (box[1] + box[3]) // 2, strength


def _run_length(likely: Image.Image, x: int, y: int, strength: int) -> int:
    """Pixels left and right of the peak that still look about half as much like skin."""
    width = likely.width
    row = likely.crop((0, y, width, y + 1)).tobytes()
    left = right = x
    while left > 0 and row[left - 1] > strength * 0.45:
        left -= 1
    while right < width - 1 and row[right + 1] > strength * 0.45:
        right += 1
    return right - left + 1
