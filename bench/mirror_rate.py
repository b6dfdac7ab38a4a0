"""T2: photos a worker copies a second, and its memory while all of them have 24 megapixels."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image

from bench.copy_photos import SHOOTS, run_copy_process
from bench.report import Verdict
from bench.workbench import Bench

MAX_MEGABYTES = 350
# A studio's picture, and one of a camera.
_USUAL, _LARGE = (2048, 2560), (4000, 6000)
_USUAL_COUNT, _LARGE_COUNT = 40, 8
# Of the 40 pictures of a session, so many differ.
_VARIATIONS = 4


def measure_mirror_rate(bench: Bench, names: Sequence[str]) -> list[Verdict]:
    """Copy the pictures of one usual session, then large ones for as many sessions as a worker copies at a time."""
    usual = run_copy_process(_build_pictures(_USUAL, _USUAL_COUNT), shoots=1)
    large = run_copy_process(_build_pictures(_LARGE, _LARGE_COUNT))
    bench.details["mirror_rate"] = {"usual": usual, "large": large}
    rates = _USUAL_COUNT / usual["seconds"], _LARGE_COUNT * SHOOTS / large["seconds"]
    is_met = large["megabytes"] < MAX_MEGABYTES and usual["refused"] == large["refused"] == 0
    found = f"{large['megabytes']} MB; {rates[0]:.1f} photos/s of 5 megapixels, {rates[1]:.1f}/s of 24"
    expected = f"< {MAX_MEGABYTES} MB, none refused"
    return [Verdict(name, "worker copying 24 megapixels", expected, found, is_met) for name in names]


def _build_pictures(size: tuple[int, int], count: int) -> dict[str, bytes]:
    """Return photos with the detail of real ones: noise over soft shapes."""
    soft = Image.radial_gradient("L").resize(size).convert("RGB")
    made = []
    for number in range(_VARIATIONS):
        noise = Image.effect_noise(size, 30 + 5 * number).convert("RGB")
        stream = io.BytesIO()
        Image.blend(soft, noise, 0.25).save(stream, "JPEG", quality=90)
        made.append(stream.getvalue())
    return {f"{number:02}.jpg": made[number % _VARIATIONS] for number in range(count)}
