"""Colors come out as a person on an sRGB screen is meant to see them."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageCms

from portal.images.decode import decode_photo
from tests.unit.images.photos import encode_image
from tests.unit.images.profiles import DISPLAY_P3, build_display_p3, build_linear_gray

XYZ_TO_SRGB = np.array(  # from D50, as in the ICC's sRGB profile
    [[3.1339, -1.6169, -0.4906], [-0.9788, 1.9161, 0.0335], [0.0719, -0.2290, 1.4052]]
)


def decode_srgb(value: np.ndarray) -> np.ndarray:
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def encode_srgb(light: np.ndarray) -> np.ndarray:
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * np.abs(light) ** (1 / 2.4) - 0.055)


def convert_p3_to_srgb(color: tuple[int, int, int]) -> list[int]:
    xyz = np.array(DISPLAY_P3).T @ decode_srgb(np.array(color) / 255)
    return [round(float(v) * 255) for v in encode_srgb(np.clip(XYZ_TO_SRGB @ xyz, 0, 1))]


@pytest.mark.parametrize("color", [(200, 100, 100), (210, 160, 130), (60, 120, 70), (128, 128, 128), (255, 0, 0)])
@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP"])
def test_display_p3_is_shifted_to_srgb(fmt: str, color: tuple[int, int, int]) -> None:
    options = {"quality": 100, "subsampling": 0} if fmt == "JPEG" else {"lossless": True}
    content = encode_image(Image.new("RGB", (32, 32), color), fmt, icc_profile=build_display_p3(), **options)
    found = decode_photo(content).getpixel((16, 16))
    assert isinstance(found, tuple)
    assert found == pytest.approx(convert_p3_to_srgb(color), abs=3)


def test_saturated_p3_red_is_converted() -> None:
    assert convert_p3_to_srgb((200, 100, 100))[0] > 208  # or the test above would prove nothing


def test_an_srgb_profile_changes_nothing() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    content = encode_image(Image.new("RGB", (8, 8), (200, 100, 50)), "PNG", icc_profile=srgb)
    assert decode_photo(content).getpixel((4, 4)) == (200, 100, 50)


def test_gray_profile_is_applied() -> None:
    content = encode_image(Image.new("L", (8, 8), 55), "PNG", icc_profile=build_linear_gray())
    found = decode_photo(content).getpixel((4, 4))
    assert isinstance(found, tuple)
    assert found == pytest.approx([round(float(encode_srgb(np.array(55 / 255))) * 255)] * 3, abs=3)


def test_wide_colors_behind_transparency_are_shifted_too() -> None:
    content = encode_image(Image.new("RGBA", (8, 300), (200, 100, 100, 255)), "PNG", icc_profile=build_display_p3())
    image = decode_photo(content)
    for row in (0, 255, 256, 299):
        assert image.getpixel((4, row)) == pytest.approx(convert_p3_to_srgb((200, 100, 100)), abs=3)
