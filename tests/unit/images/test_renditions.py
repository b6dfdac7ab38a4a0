"""Every rendition in the table comes out, at its size, in its format, clean and labelled."""

from __future__ import annotations

import hashlib

import pytest
from PIL import Image

from portal.domain.renditions import RENDITIONS, WIDTHS
from portal.images.errors import PhotoDamaged
from portal.images.renditions import RenderedPhoto, render_photo
from tests.unit.images.photos import (
    TRAINED,
    XMP,
    build_exif_with_gps,
    decode_image,
    encode_image,
    list_blocks,
    load_portrait,
)
from tests.unit.images.profiles import build_display_p3


def get_sizes(photo: RenderedPhoto) -> dict[str, tuple[int, int]]:
    return {file.spec.name: (file.width, file.height) for file in photo.files}


def test_makes_the_whole_table_from_one_photo() -> None:
    photo = render_photo(encode_image(load_portrait(2000, 2500)))
    assert (photo.width, photo.height) == (2000, 2500)
    assert [file.spec for file in photo.files] == list(RENDITIONS)
    for slot, size in {"96": (96, 120), "320": (320, 400), "640": (640, 800), "1280": (1280, 1600)}.items():
        assert get_sizes(photo)[f"{slot}.webp"] == get_sizes(photo)[f"{slot}.jpg"] == size
    assert get_sizes(photo)["original.jpg"] == (2000, 2500)


def test_files_have_their_declared_size_and_format() -> None:
    for file in render_photo(encode_image(load_portrait())).files:
        image = decode_image(file.content)
        assert image.size == (file.width, file.height)
        assert image.get_format_mimetype() == file.spec.format.content_type  # type: ignore[attr-defined]
        assert image.mode == "RGB"
        assert file.sha256 == hashlib.sha256(file.content).hexdigest()


def test_never_scales_up() -> None:
    photo = render_photo(encode_image(load_portrait(400, 500)))
    assert get_sizes(photo)["320.webp"] == (320, 400)
    assert get_sizes(photo)["640.webp"] == get_sizes(photo)["1280.webp"] == (400, 500)
    by_name = {file.spec.name: file for file in photo.files}
    assert by_name["640.webp"].content == by_name["1280.webp"].content
    assert by_name["1280.jpg"].content != by_name["original.jpg"].content


@pytest.mark.parametrize(("width", "height"), [(1, 1), (3, 2000), (2000, 3), (95, 97), (97, 95)])
def test_odd_shapes_are_rendered_too(width: int, height: int) -> None:
    photo = render_photo(encode_image(Image.new("RGB", (width, height), "teal"), "PNG"))
    assert get_sizes(photo)["96.webp"] == (min(96, width), max(1, round(height * min(96, width) / width)))


def test_resembles_the_photo_at_every_size() -> None:
    original = load_portrait(1024, 1280)
    for file in render_photo(encode_image(original, quality=95)).files:
        found = decode_image(file.content).resize((32, 40), Image.Resampling.BOX)
        expected = original.resize((32, 40), Image.Resampling.BOX)
        differences = zip(found.tobytes(), expected.tobytes(), strict=True)
        assert sum(abs(a - b) for a, b in differences) / (32 * 40 * 3) < 4, file.spec.name


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP"])
@pytest.mark.asvs("A33")
def test_places_names_and_profiles_stay_behind(fmt: str) -> None:
    dirty = encode_image(
        load_portrait(),
        fmt,
        exif=build_exif_with_gps(),
        comment=b"Jane Canary",
        xmp=XMP,
        icc_profile=build_display_p3(),
    )
    assert b"Canary" in dirty
    for file in render_photo(dirty).files:
        image = decode_image(file.content)
        assert not image.getexif()
        assert {"exif", "icc_profile", "comment"}.isdisjoint(image.info)
        assert list_blocks(file.content) <= {b"JFIF", b"http://ns.adobe.com/xap/1.0/", b"XMP "}
        # Short ones could be spelled by the pixels.
        assert all(mark not in file.content for mark in (b"Canary", b"ICC_PROFILE", b"GPSLatitude", b"Photoshop"))


@pytest.mark.parametrize("fmt", ["JPEG", "WEBP"])
def test_every_file_names_how_the_photo_was_made(fmt: str) -> None:
    photo = render_photo(encode_image(load_portrait(), fmt, xmp=XMP))
    assert photo.provenance.source_type == TRAINED
    for file in photo.files:
        assert decode_image(file.content).info["xmp"] == photo.provenance.build_xmp()


def test_a_photo_without_label_gets_no_packet() -> None:
    assert all(b"xmpmeta" not in file.content for file in render_photo(encode_image(load_portrait())).files)


def test_data_after_the_image_is_removed() -> None:
    for fmt in ("JPEG", "PNG", "WEBP"):
        polyglot = encode_image(load_portrait(64, 80), fmt) + b"<script>alert(1)</script>PK\x03\x04"
        assert all(b"<script" not in file.content for file in render_photo(polyglot).files)


def test_a_turned_photo_is_measured_upright() -> None:
    photo = render_photo(encode_image(load_portrait(640, 512), exif=build_exif_with_gps(6)))
    assert (photo.width, photo.height) == (512, 640)
    assert get_sizes(photo)["96.webp"] == (96, 120)


def test_pages_get_progressive_jpegs_and_downloads_a_plain_one() -> None:
    for file in render_photo(encode_image(load_portrait())).files:
        if file.spec.name.endswith(".jpg"):
            assert bool(decode_image(file.content).info.get("progressive")) == (file.spec.slot != "original")


def test_smaller_slots_are_smaller_files_and_webp_beats_jpeg() -> None:
    by_name = {
        file.spec.name: len(file.content) for file in render_photo(encode_image(load_portrait(1400, 1750))).files
    }
    for ending in ("webp", "jpg"):
        in_order = [by_name[f"{width}.{ending}"] for width in WIDTHS]
        assert in_order == sorted(in_order)
    assert all(by_name[f"{width}.webp"] < by_name[f"{width}.jpg"] for width in WIDTHS)


def test_repr_contains_no_image_content() -> None:
    photo = render_photo(encode_image(load_portrait(64, 80)))
    assert "\\x" not in repr(photo)
    assert len(repr(photo.files[0])) < 300


def test_a_broken_photo_makes_no_files() -> None:
    with pytest.raises(PhotoDamaged):
        render_photo(encode_image(load_portrait())[:3000])
