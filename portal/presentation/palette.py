"""Derives an accent scale from one brand color, in OKLCH, with every contrast checked."""

from __future__ import annotations

import math
from dataclasses import dataclass

RGB = tuple[float, float, float]

# The grounds of static/css/tokens.css that accented words and lines stand on, in sRGB; a test compares them.
LIGHT_PAGE = "#ffffff"
LIGHT_MUTED = "#f6f7f8"
DARK_PAGE = "#121417"
DARK_MUTED = "#1b1c20"
DARK_RAISED = "#1e1f22"
WHITE = "#ffffff"
INK = "#16181e"

TEXT_CONTRAST = 4.5
SHAPE_CONTRAST = 3.0
# Below this shift a brand color is still taken for itself, so it moves rather than its label turning dark.
MAX_SHIFT = 0.07
# Where sRGB's curve turns into a straight line, and how far rounding may carry a color out of the cube.
_LINEAR_BELOW = 0.0031308
_ROUNDING = 0.0005


@dataclass(frozen=True)
class Accent:
    """The accent's parts for one ground, each as ``#rrggbb``.

    Attributes:
        fill: behind the label of the primary action.
        hover: the same under the pointer.
        on_fill: the label on ``fill`` and ``hover``.
        edge: the border of ``fill``, which a fill as pale as the page needs to be seen.
        text: links and accented words on the page or on a quiet ground.
        line: focus rings, progress and borders that carry meaning.
        tint: a ground that only hints at the color.
    """

    fill: str
    hover: str
    on_fill: str
    edge: str
    text: str
    line: str
    tint: str


def compute_contrast(one: str, other: str) -> float:
    """Return the WCAG contrast ratio of two ``#rrggbb`` colors, 1 to 21."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def build_oklch_color(lightness: float, chroma: float, hue: float) -> str:
    """Return the ``#rrggbb`` nearest to an OKLCH color as stylesheets write it, the hue in degrees."""
    return _hex(lightness, chroma, math.radians(hue))


def build_light_accent(color: str) -> Accent:
    """Return the accent for a light page."""
    return _accent(color, _fill(color), (LIGHT_PAGE, LIGHT_MUTED), _tint(color, 0.962, 0.02), step=-0.01)


def build_dark_accent(color: str) -> Accent:
    """Return the accent for a dark page; a brand color too dark to stand out there is lifted."""
    lifted = _reach(color, (DARK_PAGE,), SHAPE_CONTRAST, step=0.01)
    fill = _fill(lifted, dark_page=True)
    return _accent(color, fill, (DARK_PAGE, DARK_MUTED, DARK_RAISED), _tint(color, 0.275, 0.05), step=0.01)


def _accent(color: str, fill: tuple[str, str, str], grounds: tuple[str, ...], tint: str, *, step: float) -> Accent:
    line = _reach(color, grounds, SHAPE_CONTRAST, step=step)
    return Accent(
        *fill,
        edge=fill[0] if compute_contrast(fill[0], grounds[0]) >= SHAPE_CONTRAST else line,
        text=_reach(color, (*grounds, tint), TEXT_CONTRAST, step=step),
        line=line,
        tint=tint,
    )


def _tint(color: str, lightness: float, max_chroma: float) -> str:
    _, chroma, hue = _oklch(color)
    return _hex(lightness, min(chroma, max_chroma), hue)


def _fill(color: str, *, dark_page: bool = False) -> tuple[str, str, str]:
    """Return fill, hovered fill and label, the label white where the brand color allows it."""
    lightness, chroma, hue = _oklch(color)
    white = _reach(color, (WHITE,), TEXT_CONTRAST, step=-0.01)
    stays_visible = not dark_page or compute_contrast(white, DARK_PAGE) >= SHAPE_CONTRAST
    if stays_visible and lightness - _oklch(white)[0] <= MAX_SHIFT:
        lightness, chroma, hue = _oklch(white)
        return white, _hex(lightness - 0.05, chroma, hue), WHITE
    bright = _reach(color, (INK,), TEXT_CONTRAST, step=0.01)
    lightness, chroma, hue = _oklch(bright)
    return bright, _hex(min(lightness + 0.04, 0.97), chroma, hue), INK


def _reach(color: str, grounds: tuple[str, ...], ratio: float, *, step: float) -> str:
    """Move only the lightness until the color stands out from every ground by ``ratio``."""
    lightness, chroma, hue = _oklch(color)
    candidate = color.lower()
    while any(compute_contrast(candidate, ground) < ratio for ground in grounds):
        lightness += step
        if not 0 <= lightness <= 1:
            return WHITE if step > 0 else "#000000"
        candidate = _hex(lightness, chroma, hue)
    return candidate


def _luminance(color: str) -> float:
    red, green, blue = _linear(color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(color: str) -> RGB:
    red, green, blue = (int(color[start : start + 2], 16) / 255 for start in (1, 3, 5))
    return _decode(red), _decode(green), _decode(blue)


def _decode(value: float) -> float:
    return value / 12.92 if value <= _LINEAR_BELOW * 12.92 else float(((value + 0.055) / 1.055) ** 2.4)


def _encode(value: float) -> float:
    return 12.92 * value if value <= _LINEAR_BELOW else float(1.055 * value ** (1 / 2.4) - 0.055)


def _oklch(color: str) -> RGB:
    """Return lightness 0 to 1, chroma, and hue in radians (Björn Ottosson's OKLab matrices)."""
    red, green, blue = _linear(color)
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    return lightness, math.hypot(a, b), math.atan2(b, a)


def _hex(lightness: float, chroma: float, hue: float) -> str:
    """Return the nearest displayable color, giving up chroma before lightness or hue."""
    while chroma > 0 and not _is_displayable(_to_linear(lightness, chroma, hue)):
        chroma = max(0.0, chroma - 0.004)
    parts = (round(255 * _encode(min(1.0, max(0.0, part)))) for part in _to_linear(lightness, chroma, hue))
    return "#" + "".join(f"{part:02x}" for part in parts)


def _is_displayable(parts: RGB) -> bool:
    return all(-_ROUNDING <= part <= 1 + _ROUNDING for part in parts)


def _to_linear(lightness: float, chroma: float, hue: float) -> RGB:
    a, b = chroma * math.cos(hue), chroma * math.sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
