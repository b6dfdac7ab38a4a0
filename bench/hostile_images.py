"""W: memory and time of a worker's code on hostile images: at most 400 MB in all and 10 seconds an image."""

from __future__ import annotations

import io
import struct
import time
import zlib
from collections.abc import Sequence
from contextlib import suppress

from PIL import Image

from bench.copy_photos import run_copy_process
from bench.report import Verdict
from bench.workbench import Bench
from portal.images.errors import PhotoRefused
from portal.images.renditions import render_photo

MAX_MEGABYTES = 400
MAX_SECONDS = 10.0
_PNG = b"\x89PNG\r\n\x1a\n"


def measure_worker(bench: Bench, names: Sequence[str]) -> list[Verdict]:
    """Copy every hostile image for several shoots at once in a process of its own; time each image alone."""
    corpus = build_corpus()
    copied = run_copy_process(corpus)
    seconds = {name: _measure_rendering(content) for name, content in corpus.items()}
    slowest = max(seconds, key=lambda name: seconds[name])
    bench.details["hostile_images"] = {**copied, "slowest": slowest, "slowest_seconds": seconds[slowest]}
    is_met = copied["megabytes"] <= MAX_MEGABYTES and seconds[slowest] <= MAX_SECONDS
    text = f"{copied['megabytes']} MB, {seconds[slowest]:.1f} s ({slowest})"
    expected = f"≤ {MAX_MEGABYTES} MB, ≤ {MAX_SECONDS:.0f} s an image"
    return [Verdict(name, "worker on hostile images", expected, text, is_met) for name in names]


def build_corpus() -> dict[str, bytes]:
    """Return hostile images by name: bombs, odd shapes, endless segments, and the largest that are accepted."""
    small = _save(Image.new("RGB", (100, 100)))
    noise = Image.effect_noise((5000, 5000), 100).convert("RGB")
    png = _build_png(100, 100)
    return {
        "png 1x25M": _build_png(1, 25_000_000, color_type=0),
        "png 2Mx1": _build_png(2_000_000, 1),
        "jpeg 2x65000": _save(Image.new("RGB", (2, 65000))),
        "png 25 MP transparent": _build_png(5000, 5000, color_type=6),
        "png 25 MP 16 bit": _build_png(5000, 5000, color_type=6, depth=16),
        "jpeg 25 MP noise": _save(noise, quality=50),
        "jpeg 25 MP progressive": _save(noise, quality=40, progressive=True),
        "jpeg 25 MP cmyk": _save(Image.new("CMYK", (5000, 5000))),
        "webp 12 MP": _save(noise.crop((0, 0, 4000, 3000)), "WEBP", quality=80),
        "jpeg segments": small[:2] + b"\xff\xe5\x00\x02" * 3_000_000 + small[2:],
        "png chunks": png[:33] + _build_chunk(b"teXt", b"") * 1_000_000 + png[33:],
        "png profile bomb": png[:33]
        + _build_chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(500_000_000), 9))
        + png[33:],
        "html": b"<html>" + bytes(14_000_000),
        "cut": _save(noise, quality=50)[:5_000_000],
    }


def _save(image: Image.Image, name: str = "JPEG", **options: int | bool) -> bytes:
    stream = io.BytesIO()
    image.save(stream, name, **options)
    return stream.getvalue()


def _build_png(width: int, height: int, *, color_type: int = 2, depth: int = 8) -> bytes:
    channels = {0: 1, 2: 3, 6: 4}[color_type]
    packer = zlib.compressobj(9)
    row = bytes(1 + width * channels * depth // 8)
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, depth, color_type, 0, 0, 0)
    return _PNG + _build_chunk(b"IHDR", header) + _build_chunk(b"IDAT", data) + _build_chunk(b"IEND", b"")


def _build_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _measure_rendering(content: bytes) -> float:
    """Return the CPU seconds that an image takes until it is rendered or refused."""
    started = time.thread_time()
    with suppress(PhotoRefused):
        render_photo(content, is_generated=True)
    return time.thread_time() - started
