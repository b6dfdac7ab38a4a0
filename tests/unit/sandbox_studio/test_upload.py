"""What the studio takes and refuses, and the one form it keeps photos in."""

from __future__ import annotations

import struct
import zlib

import pytest
from PIL import ExifTags, Image, ImageCms

from sandbox.studio.upload import MAX_BYTES, UploadRefused, normalize_photo
from tests.unit.sandbox_studio.portraits import build_scene, decode_image, encode_image, load_portrait

pytestmark = pytest.mark.slow

RED_ON_TOP = (210, 30, 30)


def is_close(pixel: object, expected: tuple[int, int, int], tolerance: int = 12) -> bool:
    assert isinstance(pixel, tuple)
    return all(abs(a - b) <= tolerance for a, b in zip(pixel, expected, strict=True))


def get_reason(raw: bytes) -> str:
    with pytest.raises(UploadRefused) as refused:
        normalize_photo(raw)
    assert refused.value.sentence.endswith(".")
    return refused.value.reason


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_takes_every_promised_format(image_format: str) -> None:
    kept = decode_image(normalize_photo(encode_image(build_scene(), image_format)))
    assert (kept.format, kept.mode, kept.size) == ("JPEG", "RGB", (600, 750))
    assert is_close(kept.getpixel((300, 40)), RED_ON_TOP)


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "P", "1", "CMYK"])
def test_takes_every_color_mode(mode: str) -> None:
    image = load_portrait().convert(mode)
    kept = decode_image(normalize_photo(encode_image(image, "JPEG" if mode == "CMYK" else "PNG")))
    assert (kept.mode, kept.size) == ("RGB", (1200, 1200))
    average = kept.convert("L").resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    expected = load_portrait().convert("L").resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    assert abs(float(average) - float(expected)) < 6  # type: ignore[arg-type]


def test_brings_sixteen_bits_down_to_eight() -> None:
    deep = Image.new("I;16", (600, 600), 40_000)
    assert is_close(decode_image(normalize_photo(encode_image(deep, "PNG"))).getpixel((9, 9)), (156, 156, 156), 2)


def test_lays_transparent_photos_on_white() -> None:
    clear = Image.new("RGBA", (600, 600), (255, 0, 0, 0))
    assert is_close(decode_image(normalize_photo(encode_image(clear, "PNG"))).getpixel((300, 300)), (255, 255, 255), 2)


@pytest.mark.parametrize(
    ("orientation", "red_at"),
    [(1, "top"), (2, "top"), (3, "bottom"), (4, "bottom"), (5, "left"), (6, "right"), (7, "right"), (8, "left")],
)
def test_photos_are_rotated_upright(orientation: int, red_at: str) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    kept = decode_image(normalize_photo(encode_image(build_scene(), exif=exif)))
    width, height = kept.size
    places = {
        "top": (width // 2, 9),
        "bottom": (width // 2, height - 9),
        "left": (9, height // 2),
        "right": (width - 9, height // 2),
    }
    assert is_close(kept.getpixel(places[red_at]), RED_ON_TOP)


def test_damaged_camera_data_does_not_cost_the_photo() -> None:
    raw = encode_image(build_scene(), exif=b"Exif\x00\x00MM\x00*\xff\xff\xff\xff")
    assert decode_image(normalize_photo(raw)).size == (600, 750)


def test_keeps_no_metadata() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = "canary-artist"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (48.0, 30.0, 0.0)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    raw = encode_image(build_scene(), exif=exif, xmp=b"<canary-xmp/>", comment=b"canary-comment", icc_profile=profile)
    kept = normalize_photo(raw)
    assert b"canary" not in kept
    assert b"Exif" not in kept
    assert set(decode_image(kept).info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_a_profile_that_does_not_fit_is_ignored() -> None:
    assert is_close(
        decode_image(normalize_photo(encode_image(build_scene(), icc_profile=b"nonsense"))).getpixel((300, 40)),
        RED_ON_TOP,
    )


def test_converts_colors_by_their_profile() -> None:
    """A linear-light profile must come out brighter in sRGB than its raw numbers."""
    linear = _linear_profile()
    kept = decode_image(normalize_photo(encode_image(Image.new("RGB", (600, 600), (64, 64, 64)), icc_profile=linear)))
    assert is_close(kept.getpixel((9, 9)), (137, 137, 137), 6)


def _linear_profile() -> bytes:
    """sRGB's own profile with its three tone curves replaced by a straight line."""
    raw = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    tags = struct.unpack(">I", raw[128:132])[0]
    for number in range(tags):
        name, start, length = struct.unpack(">4sII", raw[132 + 12 * number : 144 + 12 * number])
        if name in (b"rTRC", b"gTRC", b"bTRC"):
            assert length >= 12
            raw[start : start + 12] = b"curv" + bytes(8)
    return bytes(raw)


def test_shrinks_to_2048() -> None:
    assert decode_image(normalize_photo(encode_image(build_scene((4000, 3000))))).size == (2048, 1536)


@pytest.mark.parametrize(
    ("raw", "text_parts"),
    [
        (b"%PDF-1.7 ...", "a PDF"),
        (b"GIF89a......", "a GIF"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a drawing (SVG)"),
        (b"<?xml version='1.0'?>\n<svg/>", "a drawing (SVG)"),
        (b"<!DOCTYPE html><title>x</title>", "a web page"),
        (b"dear studio,\n", "text"),
        ("schöne Grüße".encode()[:-1], "text"),
        (b"\x00\x00\x00\x18ftypisom....", "a video"),
        (b"\x00\x00\x00\x1cftypavif....", "an AVIF picture"),
        (b"PK\x03\x04....", "an archive or document"),
        (bytes(range(128, 256)), "an unknown kind of file"),
    ],
)
def test_describes_a_file_that_is_no_photo(raw: bytes, text_parts: str) -> None:
    with pytest.raises(UploadRefused, match="not_a_photo") as refused:
        normalize_photo(raw)
    assert refused.value.sentence.startswith(f"is {text_parts}, not a photo")


def test_file_type_is_detected_by_content() -> None:
    """A GIF with a JPEG behind it stays a GIF."""
    assert get_reason(b"GIF89a" + encode_image(build_scene())) == "not_a_photo"


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "HEIF"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.8])
def test_refuses_half_a_photo(image_format: str, share: float) -> None:
    whole = encode_image(load_portrait(), image_format)
    assert get_reason(whole[: int(len(whole) * share)]) == "broken"


@pytest.mark.parametrize(
    "raw", [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\x00\x00\x00\x00WEBP", b"\x00\x00\x00\x18ftypheic"]
)
def test_refuses_a_lone_file_header(raw: bytes) -> None:
    assert get_reason(raw) == "broken"


def test_empty_upload_is_refused() -> None:
    assert get_reason(b"") == "empty"


def test_refuses_too_many_bytes_unseen() -> None:
    assert get_reason(encode_image(build_scene()) + bytes(MAX_BYTES)) == "too_heavy"


@pytest.mark.parametrize(
    ("size", "expected"), [((511, 900), "too_small"), ((900, 511), "too_small"), ((2000, 600), "panorama")]
)
def test_refuses_shapes_that_are_no_portrait(size: tuple[int, int], expected: str) -> None:
    assert get_reason(encode_image(build_scene(size))) == expected


def test_takes_the_smallest_size_allowed() -> None:
    assert decode_image(normalize_photo(encode_image(build_scene((512, 512))))).size == (512, 512)


@pytest.mark.parametrize("side", [7100, 9600, 40_000])
def test_refuses_pixel_bombs_by_their_header(side: int) -> None:
    """Only the header is real: decoding even one row of these would fail as broken instead."""
    header = struct.pack(">II5B", side, side, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    raw = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    assert get_reason(raw + struct.pack(">I", 4) + b"IDAT" + bytes(8)) == "too_many_pixels"
