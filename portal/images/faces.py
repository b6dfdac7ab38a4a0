"""Finds the face in a headshot with dlib's HOG detector where it is installed; keeps a box, never landmarks."""

from __future__ import annotations

import importlib
import importlib.util
import threading
from functools import cache
from typing import Any

from PIL import Image

from portal.domain.crops import FaceBox

DETECTION_WIDTH = 320
"""Pixels across of the copy that is searched: at larger sizes the detector also finds faces that are none."""

_MIN_SCORE = 0.0
_LOWEST_CENTER = 2 / 3
"""A headshot has its face in the upper two thirds; a box below that is a pattern in the clothes."""


_detection = threading.Lock()
"""dlib's detector keeps the picture it searches in itself: used by two threads at once it ends the process."""


def is_available() -> bool:
    """Return whether the detector is installed; without it photos are cropped by the center rule."""
    return importlib.util.find_spec("dlib") is not None and importlib.util.find_spec("numpy") is not None


def find_face(image: Image.Image) -> FaceBox | None:
    """Return the most likely face of an upright RGB picture, None when there is none or no detector.

    Takes about 10 ms. Cheap enough to run once for each photo, when its renditions are made.
    """
    if not is_available():
        return None
    gray = _build_search_copy(image)
    with _detection:
        boxes, scores, _parts = _load_detector().run(_as_array(gray), 0, _MIN_SCORE)
    candidates = [
        (score, box)
        for box, score in zip(boxes, scores, strict=True)
        if (box.top() + box.bottom()) / 2 < gray.height * _LOWEST_CENTER
    ]
    if not candidates:
        return None
    _score, box = max(candidates, key=lambda candidate: candidate[0])
    left, top = max(0, box.left()) / gray.width, max(0, box.top()) / gray.height
    right, bottom = min(gray.width, box.right()) / gray.width, min(gray.height, box.bottom()) / gray.height
    return FaceBox(left, top, right - left, bottom - top)


def _build_search_copy(image: Image.Image) -> Image.Image:
    if image.width <= DETECTION_WIDTH:
        return image.convert("L")
    height = max(1, round(image.height * DETECTION_WIDTH / image.width))
    return image.resize((DETECTION_WIDTH, height), Image.Resampling.BILINEAR, reducing_gap=2.0).convert("L")


def _as_array(gray: Image.Image) -> Any:
    numpy: Any = importlib.import_module("numpy")
    return numpy.asarray(gray)


@cache
def _load_detector() -> Any:
    # Imported on first use: only the worker that renders photos pays for it (11 MB and numpy).
    dlib: Any = importlib.import_module("dlib")
    return dlib.get_frontal_face_detector()
