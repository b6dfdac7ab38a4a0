"""Styles of generated pictures: a color grade and a backdrop each."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

from PIL import Image

from sandbox.studio.backdrops import Backdrop, Color


@dataclass(frozen=True)
class PictureStyle:
    """`gains` scale red, green and blue. `contrast` above 1 steepens the midtones."""

    gains: tuple[float, float, float]
    contrast: float
    backdrop: Backdrop
    is_monochrome: bool = False


_MAX_POINT_SHIFT = 24
NEUTRAL = (1.0, 1.0, 1.0)
WARM = (1.04, 1.0, 0.93)
COOL = (0.96, 1.0, 1.05)


def _build_backdrop(light: Color, dark: Color, cover: float = 0.86, corners: float = 0.0) -> Backdrop:
    return Backdrop(light, dark, cover, corners)


STYLES = (
    PictureStyle(NEUTRAL, 1.05, _build_backdrop((236, 236, 234), (186, 187, 188))),
    PictureStyle(WARM, 1.06, _build_backdrop((214, 200, 182), (142, 124, 104))),
    PictureStyle(COOL, 1.08, _build_backdrop((116, 126, 138), (44, 51, 60))),
    PictureStyle(NEUTRAL, 1.10, _build_backdrop((240, 240, 240), (176, 176, 176)), is_monochrome=True),
    PictureStyle(NEUTRAL, 1.04, _build_backdrop((200, 205, 208), (132, 140, 146), cover=0.30, corners=0.25)),
    PictureStyle(WARM, 1.08, _build_backdrop((108, 98, 88), (38, 33, 29))),
    PictureStyle(COOL, 1.05, _build_backdrop((178, 194, 206), (104, 126, 144))),
    PictureStyle(NEUTRAL, 1.16, _build_backdrop((92, 92, 92), (22, 22, 22)), is_monochrome=True),
    PictureStyle(NEUTRAL, 1.07, _build_backdrop((138, 148, 136), (66, 76, 68))),
    PictureStyle(WARM, 1.03, _build_backdrop((226, 214, 198), (168, 150, 128), cover=0.25, corners=0.3)),
)


def grade_color(picture: Image.Image, style: PictureStyle) -> Image.Image:
    """Set the black and white points of an RGB picture and apply the color grade of a style.

    Only the ends of the tonal range are stretched, so that skin tones keep their lightness.
    """
    black, white = _find_tonal_range(picture)
    curve = [_apply_s_curve((value - black) / (white - black), style.contrast) for value in range(256)]
    if style.is_monochrome:
        return Image.merge("RGB", (picture.convert("L").point([round(255 * value) for value in curve]),) * 3)
    channels = ([min(255, round(255 * value * gain)) for value in curve] for gain in style.gains)
    return picture.point(list(chain.from_iterable(channels)))


def _find_tonal_range(picture: Image.Image) -> tuple[float, float]:
    """Black and white points (0..255), moved at most _END_SHIFT steps inwards."""
    counts = picture.resize((96, 120), Image.Resampling.BOX).convert("L").histogram()
    quota = sum(counts) * 0.004
    black, total = 0, 0.0
    while black < _MAX_POINT_SHIFT and (total := total + counts[black]) < quota:
        black += 1
    white, total = 255, 0.0
    while white > 255 - _MAX_POINT_SHIFT and (total := total + counts[white]) < quota:
        white -= 1
    return black, white


def _apply_s_curve(value: float, contrast: float) -> float:
    """Apply an S-curve through (0,0), (0.5,0.5) and (1,1). `contrast` is the slope in the middle."""
    value = min(1.0, max(0.0, value))
    smooth = value * value * (3 - 2 * value)
    return value + (smooth - value) * (contrast - 1) * 2
