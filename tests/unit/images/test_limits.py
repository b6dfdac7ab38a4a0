"""Odd images are refused by their header, before they cost memory or time."""

from __future__ import annotations

import io
import struct
import threading
import time
import zlib

import pytest
from PIL import Image

from portal.images import encode, renditions
from portal.images.decode import decode_photo
from portal.images.errors import CannotRender, PhotoDamaged, SideTooLong, TooManySegments
from portal.images.formats import MAX_SIDE
from portal.images.pixel_budget import PixelBudget
from portal.images.renditions import render_photo
from tests.unit.images.photos import build_flat_png, encode_image, load_portrait

SMALL = encode_image(load_portrait(48, 60))


def build_png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


@pytest.mark.parametrize(
    "content",
    [
        encode_image(Image.new("RGB", (2, 65000))),
        encode_image(Image.new("RGB", (65000, 2))),
        build_flat_png(2_000_000, 1),
        build_flat_png(1, 25_000_000),
        build_flat_png(MAX_SIDE + 1, 10),
        encode_image(Image.new("RGB", (16_383, 4)), "WEBP"),
    ],
    ids=["jpeg-high", "jpeg-wide", "png-wide", "png-high", "just-over", "webp"],
)
def test_a_side_longer_than_any_photo_is_refused(content: bytes) -> None:
    with pytest.raises(SideTooLong) as refused:
        render_photo(content)
    assert refused.value.reason == "side_too_long"


def test_maximum_side_is_rendered() -> None:
    assert render_photo(encode_image(Image.new("RGB", (8, MAX_SIDE)))).height == MAX_SIDE
    assert render_photo(encode_image(Image.new("RGB", (MAX_SIDE, 8)))).width == MAX_SIDE


@pytest.mark.parametrize(
    "content",
    [
        SMALL[:2] + b"\xff\xe5\x00\x02" * 3_000_000 + SMALL[2:],
        SMALL[:2] + b"\xff\x01" * 3_000_000 + SMALL[2:],
        SMALL[:-2] + b"\xff\xda\x00\x02" * 100 + SMALL[-2:],
        (png := build_flat_png(40, 50))[:33] + build_png_chunk(b"teXt", b"") * 1_000_000 + png[33:],
        png[:33] + build_png_chunk(b"IDAT", b"") * 500_000 + png[33:],
        (webp := encode_image(load_portrait(48, 60), "WEBP")) + b"ABCD\0\0\0\0" * 1_000_000,
    ],
    ids=["jpeg-segments", "jpeg-markers", "jpeg-scans", "png-chunks", "png-data", "webp-chunks"],
)
def test_more_segments_than_any_photo_are_refused_at_once(content: bytes) -> None:
    started = time.process_time()
    with pytest.raises(TooManySegments):
        decode_photo(content)
    assert time.process_time() - started < 1


def test_many_segments_of_a_real_photo_are_fine() -> None:
    whole = io.BytesIO(SMALL[:2] + b"\xff" * 1_000_000 + b"\xe5\x00\x02" * 1 + b"\xff\xe6\x00\x02" * 500 + SMALL[2:])
    assert decode_photo(whole.getvalue()).size == (48, 60)


@pytest.mark.parametrize("error", [ValueError("encoding error 5"), OSError("broken data stream"), MemoryError()])
def test_a_photo_the_encoder_fails_on_is_refused(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(*_arguments: object, **_options: object) -> bytes:
        raise error

    monkeypatch.setattr(renditions, encode.encode_image.__name__, fail)
    with pytest.raises(CannotRender):
        render_photo(SMALL)


def test_damage_keeps_its_own_reason() -> None:
    with pytest.raises(PhotoDamaged):
        render_photo(SMALL[:200])


def test_decoded_pixels_of_all_threads_together_stay_within_the_budget() -> None:
    budget = PixelBudget(100)
    in_use: list[int] = []
    maximum: list[int] = []
    lock = threading.Lock()

    def decode(pixels: int) -> None:
        with budget.reserve(pixels):
            with lock:
                in_use.append(min(pixels, 100))
                maximum.append(sum(in_use))
            time.sleep(0.001)
            with lock:
                in_use.remove(min(pixels, 100))

    threads = [threading.Thread(target=decode, args=(pixels,)) for pixels in [10, 100, 1000, 30, 60, 50] * 10]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(maximum) == 60
    assert max(maximum) <= 100
