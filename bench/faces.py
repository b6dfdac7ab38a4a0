"""F1: how many faces the automatic crop centers, on 200 pictures of the sandbox, with heads in recorded places."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator, Sequence
from typing import Any
from unittest import mock

from PIL import Image, ImageEnhance, ImageOps

from bench.report import Verdict
from bench.workbench import Bench
from portal.domain.crops import build_automatic_crop, compute_box
from portal.images.faces import find_face
from sandbox.studio import framing, pictures
from sandbox.studio.framing import Crop

PICTURES = 200
# Of the crop's side: a face further from its middle appears misplaced in a circle.
MAX_OFFSET = 0.12
MIN_SHARE = 0.95
# Where the middle of a face may be, from the top of the crop.
HIGHEST, LOWEST = 0.2, 0.65


def measure_faces(bench: Bench, names: Sequence[str]) -> list[Verdict]:
    """Crop the pictures with the detector and by the center rule, and compare with where the heads are."""
    found = count_centered(PICTURES)
    bench.details["faces"] = found
    bench.say(f"Detected {found['detected']}, centered {found['centered']}, by the center rule {found['by_rule']}")
    share = found["centered"] / PICTURES
    text = f"{found['centered']} of {PICTURES}, {found['detected']} detected; {found['by_rule']} by the center rule"
    return [Verdict(name, "faces centered", f"≥ {MIN_SHARE:.0%}", text, share >= MIN_SHARE) for name in names]


def count_centered(count: int) -> dict[str, int]:
    """Return how many faces were detected, centered by the detector, and centered by the rule without one."""
    totals = {"detected": 0, "centered": 0, "by_rule": 0}
    for picture, crop in _render_pictures(count):
        face = find_face(picture)
        totals["detected"] += face is not None
        totals["centered"] += _is_centered(picture, crop, build_automatic_crop(*picture.size, face))
        totals["by_rule"] += _is_centered(picture, crop, build_automatic_crop(*picture.size, None))
    return totals


def _is_centered(picture: Image.Image, truth: Crop, crop: object) -> bool:
    box = compute_box(crop, *picture.size)  # type: ignore[arg-type]
    side = box.right - box.left
    offset = abs((box.left + box.right) / 2 - truth.head_x * picture.width) / side
    height = (truth.head_y * picture.height - box.top) / side
    return offset <= MAX_OFFSET and HIGHEST <= height <= LOWEST


def _render_pictures(count: int) -> Iterator[tuple[Image.Image, Crop]]:
    """Yield pictures of the sandbox with the crop each was made with, from variations of one portrait."""
    crops: list[Crop] = []
    choose = framing.choose_crop

    def record(*arguments: object) -> Crop:
        crop = choose(*arguments)  # type: ignore[arg-type]
        crops.append(crop)
        return crop

    with mock.patch.object(pictures, "choose_crop", record):
        for number, made in enumerate(pictures.render_gallery(_build_uploads(), count, seed="faces")):
            with Image.open(io.BytesIO(made.original)) as opened:
                yield opened.convert("RGB"), crops[number]


def _build_uploads() -> list[bytes]:
    """Return ten photos of the portrait that scikit-image ships: brighter, darker, mirrored, turned a little."""
    from skimage import data  # noqa: PLC0415 - the other goals run where it is not installed

    portraits: Any = data

    rng = random.Random(1)  # noqa: S311 - nothing secret
    whole = Image.fromarray(portraits.astronaut()).crop((60, 0, 400, 425)).resize((1024, 1280))
    uploads = []
    for number in range(10):
        image = ImageOps.mirror(whole) if number % 2 else whole
        image = ImageEnhance.Brightness(image).enhance(rng.uniform(0.7, 1.25))
        image = image.rotate(rng.uniform(-8, 8), Image.Resampling.BICUBIC, fillcolor=(120, 120, 120))
        stream = io.BytesIO()
        image.save(stream, "JPEG", quality=90)
        uploads.append(stream.getvalue())
    return uploads
