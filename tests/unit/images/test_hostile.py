"""For any bytes: the portal's errors or a clean picture, within the memory limit."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from portal.images.decode import decode_photo
from portal.images.errors import PhotoRefused
from portal.images.renditions import render_photo
from tests.unit.images.photos import XMP, build_exif_with_gps, build_flat_png, encode_image, load_portrait
from tests.unit.images.profiles import build_display_p3

SMALL = load_portrait(48, 60)
DETAILS = {"exif": build_exif_with_gps(6), "xmp": XMP, "icc_profile": build_display_p3()}
CORPUS = (
    encode_image(SMALL, **DETAILS),
    encode_image(SMALL, progressive=True, exif=build_exif_with_gps(3)),
    encode_image(SMALL.convert("CMYK"), icc_profile=build_display_p3()),
    encode_image(SMALL.convert("L"), "PNG", **DETAILS),
    encode_image(SMALL.quantize(16), "PNG", transparency=3),
    encode_image(SMALL.convert("RGBA"), "WEBP", **DETAILS),
    encode_image(SMALL, "WEBP", lossless=True),
)
STARTS = (b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\x00\x00\x00\x00WEBP", b"\x00\x00\x00\x18ftypheic")

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::UserWarning:PIL")]


def check_decoded_or_refused(content: bytes) -> None:
    try:
        image = decode_photo(content, phone=True)
    except PhotoRefused:
        return
    assert image.mode == "RGB"
    assert image.info == {}


@given(st.sampled_from(STARTS), st.binary(max_size=400))
@settings(max_examples=300, deadline=None)
def test_any_bytes(start: bytes, rest: bytes) -> None:
    check_decoded_or_refused(start + rest)


@given(
    st.sampled_from(CORPUS),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 6), st.binary(max_size=6)), max_size=6),
    st.floats(0, 1),
)
@settings(max_examples=600, deadline=None)
def test_any_damage(content: bytes, edits: list[tuple[float, int, bytes]], kept: float) -> None:
    for share, removed, added in edits:
        at = int(len(content) * share)
        content = content[:at] + added + content[at + removed :]
    check_decoded_or_refused(content[: len(content) if kept > 0.4 else int(len(content) * kept)])


@given(st.integers(0, 700), st.integers(0, 255))
@settings(max_examples=400, deadline=None)
def test_any_one_byte_of_the_beginning(at: int, value: int) -> None:
    for whole in CORPUS:
        content = bytearray(whole)
        content[at % len(content)] = value
        check_decoded_or_refused(bytes(content))


def measure_growth_in_megabytes(content: bytes, folder: Path) -> int:
    """Return how far the memory of a fresh process grows, at most, when three threads render ``content``."""
    file = folder / "content"
    file.write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, str(file)], capture_output=True, text=True, timeout=60, check=True
    )
    return int(done.stdout)


_MEASURE = """
import pathlib, resource, sys, threading
from portal.images.errors import PhotoRefused
from portal.images.memory import configure_allocator
from portal.images.renditions import render_photo

configure_allocator()

def peak():
    status = pathlib.Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().split("VmHWM:")[1].split()[0]) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 2**20

content = pathlib.Path(sys.argv[1]).read_bytes()
before = peak()

def work():
    try:
        render_photo(content)
    except PhotoRefused:
        pass

threads = [threading.Thread(target=work) for _ in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(peak() - before)
"""


def test_pixel_bombs_allocate_no_memory(tmp_path: Path) -> None:
    assert measure_growth_in_megabytes(build_flat_png(13000, 13000), tmp_path) < 20
    canvas = bytearray(encode_image(Image.new("RGBA", (8, 8), (1, 2, 3, 4)), "WEBP"))
    canvas[24:30] = (6000).to_bytes(3, "little") * 2
    assert measure_growth_in_megabytes(bytes(canvas), tmp_path) < 20


@pytest.mark.parametrize(
    "content",
    [
        build_flat_png(5000, 5000),
        encode_image(Image.new("LA", (5000, 5000), (9, 9)), "PNG"),
        encode_image(Image.new("RGBA", (4000, 3000), (9, 9, 9, 9)), "WEBP", lossless=True, method=0),
        encode_image(Image.new("RGB", (5000, 5000)), exif=build_exif_with_gps(6)),
    ],
    ids=["gray", "transparent", "webp", "turned"],
)
def test_the_largest_photos_we_take_fit_a_small_machine(content: bytes, tmp_path: Path) -> None:
    assert measure_growth_in_megabytes(content, tmp_path) < 280


def test_a_megapixel_of_noise_is_no_special_case() -> None:
    assert render_photo(encode_image(Image.effect_noise((1024, 1280), 100))).width == 1024
