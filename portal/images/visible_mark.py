"""Draws the visible AI mark into a picture: white text on a dark plate in a corner, beside the face."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

from portal.domain.crops import FACE_WIDTHS, FaceBox, PixelBox
from portal.domain.renditions import FOCUS

MIN_TEXT_SIZE = 11
"""Smallest font size in pixels that stays legible at the quality of the smallest kit file."""

_TEXT_SHARE = 0.034
"""Font size as a share of the picture's shorter side."""

_MAX_WIDTH_SHARE = 0.45
"""A plate wider than this share of the picture takes the short text instead."""

_PLATE = (17, 17, 17)
_INK = (255, 255, 255)
_OPACITY = 0.78
"""Over a white picture the text keeps a contrast of 9.7 to 1, over a dark one more."""

_MASK_SCALE = 4
"""The plate's mask is drawn this many times larger and reduced, so that its corners are smooth."""


@dataclass(frozen=True, slots=True)
class MarkTexts:
    """The mark in the company's language.

    Attributes:
        full: such as "AI-generated".
        short: for pictures too small for it, such as "AI".
    """

    full: str
    short: str


ENGLISH_TEXTS = MarkTexts("AI-generated", "AI")
"""Drawn where the font lacks a letter of the company's language."""


def estimate_face(width: int, height: int) -> FaceBox:
    """Return where the face of a headshot of ``width`` × ``height`` pixels is expected without a detector."""
    side = min(width, height) / FACE_WIDTHS
    return FaceBox(FOCUS[0] - side / width / 2, FOCUS[1] - side / height / 2, side / width, side / height)


def draw_mark(picture: Image.Image, texts: MarkTexts, face: PixelBox, *, is_round: bool = False) -> Image.Image:
    """Return a copy of an RGB picture with the mark.

    The full text is drawn where it is legible and a corner has room beside the face, else the short text. If the face
    fills the picture, the corner with the least of it is taken.

    Args:
        picture: the picture at its final size.
        texts: what is drawn.
        face: the face in pixels of the picture; parts may lie outside.
        is_round: the picture is cut to a circle afterwards, so that the mark is drawn inside of it.
    """
    texts = texts if (texts.full + texts.short).isascii() else ENGLISH_TEXTS
    _overlap, _order, text, box = min(_list_candidates(picture.size, texts, face, is_round=is_round))
    marked = picture.copy()
    marked.paste(_PLATE, (box[0], box[1]), _render_plate_mask(box[2] - box[0], box[3] - box[1]))
    center = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    ImageDraw.Draw(marked).text(center, text, fill=_INK, font=_load_font(picture.size), anchor="mm")
    return marked


_Box = tuple[int, int, int, int]


def _list_candidates(
    size: tuple[int, int], texts: MarkTexts, face: PixelBox, *, is_round: bool
) -> Iterator[tuple[float, int, str, _Box]]:
    """Yield covered area of the face, rank, text and box of every place the mark can have."""
    order = 0
    for text in (texts.full, texts.short):
        width, height = _measure_plate(text, size)
        if text == texts.full and width > size[0] * _MAX_WIDTH_SHARE:
            continue
        for left, top in _list_places(size, width, height, is_round=is_round):
            box = (left, top, left + width, top + height)
            yield _compute_overlap(box, face), order, text, box
            order += 1


def _list_places(size: tuple[int, int], width: int, height: int, *, is_round: bool) -> list[tuple[int, int]]:
    margin = max(3, round(min(size) * 0.02))
    if is_round:
        radius = size[0] / 2
        # The plate's corners stay inside the circle.
        reach = math.sqrt(max(0.0, (radius - margin) ** 2 - (width / 2) ** 2))
        left = round(radius - width / 2)
        return [(left, math.floor(radius + reach - height)), (left, math.ceil(radius - reach))]
    left, right = margin, size[0] - margin - width
    top, bottom = margin, size[1] - margin - height
    return [(right, bottom), (left, bottom), (right, top), (left, top)]


def _measure_plate(text: str, size: tuple[int, int]) -> tuple[int, int]:
    font = _load_font(size)
    padding = font.size * 0.4
    return math.ceil(font.getlength(text) + 2 * padding), math.ceil(font.size + padding)


def _load_font(size: tuple[int, int]) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(max(MIN_TEXT_SIZE, round(min(size) * _TEXT_SHARE)))
    assert isinstance(font, ImageFont.FreeTypeFont)  # noqa: S101 - with a size Pillow returns its outline font
    return font


def _render_plate_mask(width: int, height: int) -> Image.Image:
    mask = Image.new("L", (width * _MASK_SCALE, height * _MASK_SCALE))
    box = (0, 0, mask.width - 1, mask.height - 1)
    ImageDraw.Draw(mask).rounded_rectangle(box, radius=mask.height // 4, fill=round(255 * _OPACITY))
    return mask.resize((width, height), Image.Resampling.LANCZOS)


def _compute_overlap(box: _Box, face: PixelBox) -> float:
    across = min(box[2], face.right) - max(box[0], face.left)
    down = min(box[3], face.bottom) - max(box[1], face.top)
    return max(0.0, across) * max(0.0, down)
