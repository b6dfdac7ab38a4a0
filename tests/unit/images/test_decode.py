"""Decoding photos from outside: what is refused, and what comes out upright, in sRGB and clean."""

from __future__ import annotations

import io

import pillow_heif
import pytest
from PIL import Image, ImageCms

from portal.domain.renditions import MAX_PHOTO_BYTES
from portal.images.decode import decode_photo
from portal.images.errors import NotAPhoto, PhotoDamaged, PhotoRefused, TooManyBytes, TooManyPixels, TooManySegments
from tests.unit.images.photos import (
    build_exif_with_gps,
    build_flat_png,
    build_jpeg_segment,
    encode_image,
    insert_segment,
    load_portrait,
)

RED = (200, 30, 40)


def is_close(image: Image.Image, at: tuple[int, int], expected: tuple[int, int, int], within: int = 6) -> bool:
    found = image.getpixel(at)
    assert isinstance(found, tuple)
    return all(abs(a - b) <= within for a, b in zip(found, expected, strict=True))


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP"])
def test_accepts_the_named_formats(fmt: str) -> None:
    image = decode_photo(encode_image(load_portrait(), fmt))
    assert (image.mode, image.size) == ("RGB", (512, 640))


def test_phone_photos_only_where_requested() -> None:
    out = io.BytesIO()
    pillow_heif.from_pillow(load_portrait(256, 320)).save(out)
    assert decode_photo(out.getvalue(), phone=True).size == (256, 320)
    with pytest.raises(NotAPhoto):
        decode_photo(out.getvalue())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"<!doctype html><title>403</title>",
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b'<?xml version="1.0"?><svg/>',
        b"GIF89a/*\xff\xd8\xff*/=1;alert(1)",
        b"%PDF-1.7",
        b"PK\x03\x04",
        b"RIFF\x00\x00\x00\x00WAVE",
        b"\x00\x00\x00\x18ftypavif",
    ],
)
@pytest.mark.asvs("A32")
def test_refuses_what_is_no_photo(content: bytes) -> None:
    with pytest.raises(NotAPhoto):
        decode_photo(content)


@pytest.mark.parametrize("fmt", ["GIF", "TIFF", "BMP", "ICO", "AVIF", "JPEG2000"])
def test_refuses_formats_the_decoder_knows_but_we_do_not_name(fmt: str) -> None:
    with pytest.raises(NotAPhoto):
        decode_photo(encode_image(load_portrait(64, 64), fmt))


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.97])
def test_refuses_half_a_photo(fmt: str, share: float) -> None:
    content = encode_image(load_portrait(), fmt)
    with pytest.raises(PhotoDamaged):
        decode_photo(content[: int(len(content) * share)])


@pytest.mark.parametrize(
    "start", [b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"RIFF\x00\x00\x00\x00WEBPVP8 " + bytes(14)]
)
def test_refuses_another_file_behind_a_photo_beginning(start: bytes) -> None:
    with pytest.raises(PhotoDamaged):
        decode_photo(start + b"<script>alert(1)</script>" * 40)


def test_refuses_more_bytes_than_any_photo() -> None:
    with pytest.raises(TooManyBytes) as refused:
        decode_photo(b"\xff\xd8\xff" + bytes(MAX_PHOTO_BYTES))
    assert (refused.value.size, refused.value.limit) == (MAX_PHOTO_BYTES + 3, MAX_PHOTO_BYTES)


@pytest.mark.slow
@pytest.mark.parametrize(("width", "height"), [(5001, 5000), (9000, 9000), (13000, 13000), (20000, 20000)])
@pytest.mark.asvs("A31")
def test_refuses_pixel_bombs_however_small(width: int, height: int) -> None:
    bomb = build_flat_png(width, height)
    assert len(bomb) < 500_000
    with pytest.raises(TooManyPixels):
        decode_photo(bomb)


@pytest.mark.filterwarnings("ignore")
def test_refuses_pixel_bombs_also_where_warnings_are_silenced() -> None:
    with pytest.raises(TooManyPixels) as refused:
        decode_photo(build_flat_png(6000, 5000))
    assert (refused.value.width, refused.value.height) == (6000, 5000)


def test_accepts_a_photo_at_the_pixel_limit() -> None:
    assert decode_photo(build_flat_png(5000, 5000)).size == (5000, 5000)


@pytest.mark.parametrize("lossless", [True, False])
def test_refuses_a_webp_sooner_as_its_decoder_takes_more_memory(lossless: bool) -> None:
    with pytest.raises(TooManyPixels) as refused:
        decode_photo(encode_image(Image.new("RGB", (4001, 3000)), "WEBP", lossless=lossless, method=0, quality=0))
    assert (refused.value.width, refused.value.height) == (4001, 3000)


def test_refuses_a_webp_canvas_that_only_the_header_claims() -> None:
    content = bytearray(encode_image(Image.new("RGBA", (8, 8), (1, 2, 3, 4)), "WEBP"))
    assert content[12:16] == b"VP8X"
    content[24:30] = (16382).to_bytes(3, "little") * 2
    with pytest.raises(TooManyPixels):
        decode_photo(bytes(content))


def test_refuses_a_jpeg_of_endless_scans() -> None:
    progressive = encode_image(load_portrait(64, 80), progressive=True)
    scan = progressive[progressive.rindex(b"\xff\xda") : -2]
    with pytest.raises(TooManySegments):
        decode_photo(progressive[:-2] + scan * 100 + progressive[-2:])


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP"])
def test_every_orientation_is_rotated_upright(orientation: int, fmt: str) -> None:
    upright = Image.new("RGB", (48, 64), "white")
    upright.paste(RED, (0, 0, 24, 32))
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }.get(orientation)
    taken = upright if undo is None else upright.transpose(undo)
    image = decode_photo(encode_image(taken, fmt, quality=95, exif=build_exif_with_gps(orientation)))
    assert image.size == (48, 64)
    assert is_close(image, (10, 14), RED, within=16)
    assert all(is_close(image, at, (255, 255, 255), within=16) for at in ((40, 14), (10, 56), (40, 56)))


@pytest.mark.parametrize("exif", [b"Exif\x00\x00garbage", b"Exif\x00\x00II*\x00\xff\xff\xff\x7f", b"\x00"])
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_unreadable_camera_data_does_not_cost_the_photo(exif: bytes) -> None:
    assert decode_photo(encode_image(load_portrait(), exif=exif)).size == (512, 640)


def test_cmyk_becomes_rgb() -> None:
    image = decode_photo(encode_image(Image.new("RGB", (32, 32), RED).convert("CMYK"), quality=95))
    assert image.mode == "RGB"
    assert is_close(image, (16, 16), RED, within=12)


def test_transparent_palette_lies_on_white() -> None:
    palette = Image.new("P", (8, 8), 0)
    palette.putpalette([0, 0, 0, *RED])
    palette.paste(1, (0, 0, 4, 8))
    image = decode_photo(encode_image(palette, "PNG", transparency=0))
    assert image.getpixel((1, 1)) == RED
    assert image.getpixel((6, 1)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("mode", "color", "expected"),
    [
        ("RGBA", (*RED, 0), (255, 255, 255)),
        ("RGBA", (*RED, 255), RED),
        ("RGBA", (0, 0, 0, 128), (127, 127, 127)),
        ("LA", (0, 0), (255, 255, 255)),
        ("L", 77, (77, 77, 77)),
        ("1", 1, (255, 255, 255)),
        ("I;16", 0x8080, (128, 128, 128)),
        ("I;16", 300, (1, 1, 1)),
    ],
)
def test_every_png_mode_becomes_plain_rgb(
    mode: str, color: int | tuple[int, ...], expected: tuple[int, int, int]
) -> None:
    image = decode_photo(encode_image(Image.new(mode, (8, 8), color), "PNG"))
    assert image.mode == "RGB"
    assert is_close(image, (4, 4), expected, within=1)


def test_an_animation_gives_its_first_picture() -> None:
    frames = [Image.new("RGB", (16, 16), color) for color in (RED, (0, 0, 255))]
    for fmt in ("PNG", "WEBP"):
        content = encode_image(frames[0], fmt, save_all=True, append_images=frames[1:], lossless=True)
        assert is_close(decode_photo(content), (8, 8), RED)


def test_a_phone_jpeg_with_a_second_picture_is_a_jpeg() -> None:
    content = encode_image(load_portrait(), "MPO", save_all=True, append_images=[load_portrait(64, 80)])
    assert decode_photo(content).size == (512, 640)


def test_damaged_color_profile_is_ignored() -> None:
    image = decode_photo(encode_image(Image.new("RGB", (8, 8), RED), "PNG", icc_profile=b"not a profile"))
    assert image.getpixel((4, 4)) == RED


def test_a_profile_for_other_colors_is_ignored() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    image = decode_photo(encode_image(Image.new("RGB", (8, 8), RED), "PNG", icc_profile=lab))
    assert image.getpixel((4, 4)) == RED


def test_nothing_of_the_metadata_stays_on_the_picture() -> None:
    content = encode_image(load_portrait(), exif=build_exif_with_gps(), comment=b"canary", xmp=b"<x/>", dpi=(72, 72))
    assert decode_photo(content).info == {}


def test_a_large_jpeg_may_be_decoded_smaller_but_not_below_what_is_needed() -> None:
    content = encode_image(load_portrait(1024, 1280))
    assert decode_photo(content, smallest=300).size == (512, 640)
    assert decode_photo(content, smallest=700).size == (1024, 1280)


def test_refusals_never_repeat_the_content() -> None:
    secret = b"canary-7f3a"
    jpeg = insert_segment(encode_image(load_portrait(64, 80)), build_jpeg_segment(0xFE, secret))[:-200]
    for content in (secret, b"GIF89a" + secret, b"\x89PNG\r\n\x1a\n" + secret, jpeg):
        with pytest.raises(PhotoRefused) as refused:
            decode_photo(content)
        assert secret.decode() not in f"{refused.value!s}{refused.value!r}{refused.value.__cause__!r}"
