"""T1: renditions a second of the portal beside sharp and a bare Pillow loop, the same picture and sizes for all."""

from __future__ import annotations

import io
import json
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image

from bench.report import Verdict
from bench.servers import FOLDER
from bench.workbench import Bench
from demo.stack import ROOT
from portal.domain.renditions import RENDITIONS, ImageFormat
from portal.images.renditions import render_photo

# Shares of the peers' rates that the portal must reach.
OF_SHARP = 0.95
OF_PILLOW = 0.8
PHOTOS = 12
ROUNDS = 3
_SIZE = (2048, 2560)
_TIMEOUT_S = 300


def measure_renditions(bench: Bench, names: Sequence[str]) -> list[Verdict]:
    """Render the same photo with each in turn, so that a busy machine slows all alike; the best round counts."""
    install = ["sh", "scripts/npm-packages", "bench/sharp_packages", "var/sharp", "sharp is measured beside the portal"]
    subprocess.run(install, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / "photo.jpg"
    content = _build_photo()
    path.write_bytes(content)
    rates = {"portal": 0.0, "Pillow": 0.0, "sharp": 0.0}
    for _ in range(ROUNDS):
        rates["portal"] = max(rates["portal"], _measure_rate(lambda: render_photo(content)))
        rates["Pillow"] = max(rates["Pillow"], _measure_rate(lambda: _render_bare(content)))
        rates["sharp"] = max(rates["sharp"], _measure_sharp(path))
    bench.details["renditions_per_second"] = rates
    beside_sharp, beside_pillow = rates["portal"] / rates["sharp"], rates["portal"] / rates["Pillow"]
    is_met = beside_sharp >= OF_SHARP and beside_pillow >= OF_PILLOW
    found = f"{rates['portal']:.1f}/s, {beside_sharp:.2f} × sharp, {beside_pillow:.2f} × Pillow"
    required = f"≥ {OF_SHARP} × sharp, ≥ {OF_PILLOW} × Pillow"
    return [Verdict(name, "renditions a second", required, found, is_met) for name in names]


def _build_photo() -> bytes:
    """Return a photo with the detail of a real one: noise over soft shapes."""
    noise = Image.effect_noise(_SIZE, 40).convert("RGB")
    soft = Image.radial_gradient("L").resize(_SIZE).convert("RGB")
    stream = io.BytesIO()
    Image.blend(soft, noise, 0.25).save(stream, "JPEG", quality=90)
    return stream.getvalue()


def _measure_rate(render: Callable[[], object]) -> float:
    start = time.perf_counter()
    for _ in range(PHOTOS):
        render()
    return PHOTOS * len(RENDITIONS) / (time.perf_counter() - start)


def _render_bare(content: bytes) -> None:
    """Make the same files as one would without looking for the fastest way: each from the full picture."""
    with Image.open(io.BytesIO(content)) as opened:
        full = opened.convert("RGB")
    for spec in RENDITIONS:
        width = spec.width_for(full.width)
        picture = full.resize((width, round(full.height * width / full.width)), Image.Resampling.LANCZOS)
        picture.save(io.BytesIO(), "WEBP" if spec.format is ImageFormat.WEBP else "JPEG", quality=spec.quality)


def _measure_sharp(path: Path) -> float:
    table = [[spec.width or _SIZE[0], spec.format.value, spec.quality] for spec in RENDITIONS]
    command = ["node", "bench/peers/sharp_renditions.cjs", str(path), str(PHOTOS), json.dumps(table)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=_TIMEOUT_S)
    return float(done.stdout)
