"""The looks a sandbox session comes in, each a tone and a backdrop; knows nothing of files or people."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

from PIL import Image

from sandbox.studio.backdrops import Backdrop, Colour


@dataclass(frozen=True)
class Look:
    """*gains* scale red, green, blue; *contrast* above 1 steepens the middle; *grey* is black and white."""

    gains: tuple[float, float, float]
    contrast: float
    backdrop: Backdrop
    grey: bool = False


_END_SHIFT = 24
NEUTRAL = (1.0, 1.0, 1.0)
WARM = (1.04, 1.0, 0.93)
COOL = (0.96, 1.0, 1.05)


def _paper(light: Colour, dark: Colour, cover: float = 0.86, corners: float = 0.0) -> Backdrop:
    return Backdrop(light, dark, cover, corners)


LOOKS = (
    Look(NEUTRAL, 1.05, _paper((236, 236, 234), (186, 187, 188))),
    Look(WARM, 1.06, _paper((214, 200, 182), (142, 124, 104))),
    Look(COOL, 1.08, _paper((116, 126, 138), (44, 51, 60))),
    Look(NEUTRAL, 1.10, _paper((240, 240, 240), (176, 176, 176)), grey=True),
    Look(NEUTRAL, 1.04, _paper((200, 205, 208), (132, 140, 146), cover=0.30, corners=0.25)),
    Look(WARM, 1.08, _paper((108, 98, 88), (38, 33, 29))),
    Look(COOL, 1.05, _paper((178, 194, 206), (104, 126, 144))),
    Look(NEUTRAL, 1.16, _paper((92, 92, 92), (22, 22, 22)), grey=True),
    Look(NEUTRAL, 1.07, _paper((138, 148, 136), (66, 76, 68))),
    Look(WARM, 1.03, _paper((226, 214, 198), (168, 150, 128), cover=0.25, corners=0.3)),
)


def tone(picture: Image.Image, look: Look) -> Image.Image:
    """*picture* (RGB) with its black and white points set and the tone of *look*.

    Only the ends are stretched: no face is pulled towards a lightness somebody chose.
    """
    black, white = _ends(picture)
    curve = [_bend((value - black) / (white - black), look.contrast) for value in range(256)]
    if look.grey:
        return Image.merge("RGB", (picture.convert("L").point([round(255 * value) for value in curve]),) * 3)
    channels = ([min(255, round(255 * value * gain)) for value in curve] for gain in look.gains)
    return picture.point(list(chain.from_iterable(channels)))


def _ends(picture: Image.Image) -> tuple[float, float]:
    """Black and white points (0..255), moved at most _END_SHIFT steps inwards."""
    counts = picture.resize((96, 120), Image.Resampling.BOX).convert("L").histogram()
    quota = sum(counts) * 0.004
    black, seen = 0, 0.0
    while black < _END_SHIFT and (seen := seen + counts[black]) < quota:
        black += 1
    white, seen = 255, 0.0
    while white > 255 - _END_SHIFT and (seen := seen + counts[white]) < quota:
        white -= 1
    return black, white


def _bend(value: float, contrast: float) -> float:
    """An S-curve through (0,0), (0.5,0.5) and (1,1); *contrast* is its slope in the middle."""
    value = min(1.0, max(0.0, value))
    smooth = value * value * (3 - 2 * value)
    return value + (smooth - value) * (contrast - 1) * 2
