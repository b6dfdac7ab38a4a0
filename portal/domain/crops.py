"""The head-and-shoulders square of a photo: from a detected face, or from the center rule; plain arithmetic."""

from __future__ import annotations

import math
from dataclasses import dataclass

from portal.domain.renditions import FOCUS

MIN_SIZE = 0.1
"""Smallest side of a crop, as a share of the photo's shorter side; less is no longer a head with shoulders."""

FACE_WIDTHS = 2.6
"""Side of the automatic square in widths of the detected face: hair, chin and the start of the shoulders."""

_EYES_IN_FACE = 0.42
"""Where the eyes are in a detected face box, as a share of its height from the top."""

_EYES_IN_CROP = 0.42
"""Where the eyes should be in the square, as a share of its side from the top."""


@dataclass(frozen=True, slots=True)
class FaceBox:
    """A detected face, as fractions (0 to 1) of the photo's width and height."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Crop:
    """A square of a photo that does not depend on the resolution.

    Attributes:
        center_x: middle of the square, as a fraction of the photo's width.
        center_y: middle of the square, as a fraction of the photo's height.
        size: side of the square, as a fraction of the photo's shorter side, ``MIN_SIZE`` to 1.
    """

    center_x: float
    center_y: float
    size: float


@dataclass(frozen=True, slots=True)
class PixelBox:
    """A rectangle in pixels: ``right`` and ``bottom`` are the first column and row outside of it."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Pixels across."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Pixels down."""
        return self.bottom - self.top

    def as_tuple(self) -> tuple[float, float, float, float]:
        """Return left, top, right, bottom, as Pillow takes a box."""
        return self.left, self.top, self.right, self.bottom


class CropInvalid(ValueError):
    """The numbers describe no square: one is missing, not finite, or the size is not above zero."""


def build_automatic_crop(width: int, height: int, face: FaceBox | None) -> Crop:
    """Return the square a photo of ``width`` × ``height`` pixels is shown with until the person adjusts it."""
    shorter = min(width, height)
    if face is None:
        left, top = (width - shorter) * FOCUS[0], (height - shorter) * FOCUS[1]
        return Crop((left + shorter / 2) / width, (top + shorter / 2) / height, 1.0)
    side = min(FACE_WIDTHS * face.width * width, shorter)
    eyes = (face.top + _EYES_IN_FACE * face.height) * height
    center_y = eyes + (0.5 - _EYES_IN_CROP) * side
    crop = Crop(face.left + face.width / 2, center_y / height, side / shorter)
    return clamp_crop(crop, width, height)


def clamp_crop(crop: Crop, width: int, height: int) -> Crop:
    """Return the nearest square that lies inside a photo of ``width`` × ``height`` pixels.

    Raises:
        CropInvalid: a number is not finite or the size is not above zero.
    """
    if not all(math.isfinite(number) for number in (crop.center_x, crop.center_y, crop.size)) or crop.size <= 0:
        raise CropInvalid
    size = min(1.0, max(MIN_SIZE, crop.size))
    half = size * min(width, height) / 2
    return Crop(
        _clamp(crop.center_x * width, half, width - half) / width,
        _clamp(crop.center_y * height, half, height - half) / height,
        size,
    )


def compute_box(crop: Crop, width: int, height: int, ratio: float = 1.0) -> PixelBox:
    """Return the rectangle of a photo that a crop selects.

    Args:
        crop: the square.
        width: pixels of the photo across.
        height: pixels of the photo down.
        ratio: width divided by height of the wanted picture. Below 1 the square grows downwards and upwards around
            its center, above 1 sideways; what does not fit into the photo shrinks the rectangle, never stretches it.
    """
    inside = clamp_crop(crop, width, height)
    side = inside.size * min(width, height)
    across, down = (side, side / ratio) if ratio <= 1 else (side * ratio, side)
    shrink = min(1.0, width / across, height / down)
    across, down = across * shrink, down * shrink
    left = _clamp(inside.center_x * width - across / 2, 0, width - across)
    top = _clamp(inside.center_y * height - down / 2, 0, height - down)
    return PixelBox(left, top, left + across, top + down)


def _clamp(value: float, lowest: float, highest: float) -> float:
    return max(lowest, min(value, highest))
