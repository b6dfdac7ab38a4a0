"""The tile for app launchers: always the prescribed size, for every brand."""

from __future__ import annotations

import io
import random

import pytest
from PIL import Image, ImageChops

from portal.images.tile import render_tile


def render_test_tile(**more: object) -> Image.Image:
    content = render_tile(**{"fill": "#3b5bdb", "ink": "#ffffff", "character": "H", "logo": None} | more)  # type: ignore[arg-type]
    assert len(content) <= 100_000
    image = Image.open(io.BytesIO(content))
    assert (image.format, image.size) == ("PNG", (215, 215))
    return image.convert("RGB")


def encode_image(image: Image.Image, kind: str = "PNG") -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind)
    return stream.getvalue()


def find_ink_box(image: Image.Image, ground: tuple[int, int, int]) -> tuple[int, int, int, int]:
    """The box around everything that is not ground."""
    apart = Image.new("RGB", image.size, ground)
    box = ImageChops.difference(image, apart).getbbox()
    assert box is not None
    return box


def list_pixels(image: Image.Image) -> list[bytes]:
    raw = image.tobytes()
    return [raw[at : at + 3] for at in range(0, len(raw), 3)]


@pytest.mark.parametrize("char", ["H", "Ä", "7", "Ж", "東"])
def test_initial_or_silhouette_is_on_accent_color(char: str) -> None:
    image = render_test_tile(character=char)
    assert image.getpixel((3, 3)) == (0x3B, 0x5B, 0xDB)
    left, top, right, bottom = find_ink_box(image, (0x3B, 0x5B, 0xDB))
    assert abs(left - (215 - right)) <= 2, "in the middle"
    assert bottom - top > 90
    assert b"\xff\xff\xff" in list_pixels(image)


@pytest.mark.parametrize("size", [(600, 60), (60, 600), (8, 8), (3000, 2000)])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_logo_is_centered_on_white_without_cropping(size: tuple[int, int], kind: str) -> None:
    image = render_test_tile(logo=encode_image(Image.new("RGB", size, "#b00020"), kind))
    assert image.getpixel((3, 3)) == (255, 255, 255)
    left, top, right, bottom = find_ink_box(image, (255, 255, 255))
    assert max(right - left, bottom - top) == 215 - 2 * 24
    assert (right - left) / (bottom - top) == pytest.approx(size[0] / size[1], rel=0.15)
    assert abs(left - (215 - right)) <= 1
    assert abs(top - (215 - bottom)) <= 1


def test_transparent_parts_of_a_logo_are_white() -> None:
    logo = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
    logo.paste((176, 0, 32, 255), (25, 25, 75, 75))
    assert render_test_tile(logo=encode_image(logo)).getpixel((30, 30)) == (255, 255, 255)


def test_logo_like_a_photo_is_made_to_fit() -> None:
    noise = random.Random(1).randbytes(400 * 400 * 3)
    render_test_tile(logo=encode_image(Image.frombytes("RGB", (400, 400), noise)))


@pytest.mark.parametrize("logo", [b"", b"<svg/>", b"\x89PNG\r\n\x1a\nbroken"])
def test_logo_that_cannot_be_drawn_falls_back_to_the_initial(logo: bytes) -> None:
    assert render_test_tile(logo=logo).tobytes() == render_test_tile().tobytes()
