"""Colors come out as a person on an sRGB screen is meant to see them."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageCms

from portal.images.decode import decode_photo
from tests.unit.images.photos import saved
from tests.unit.images.profiles import DISPLAY_P3, display_p3, linear_grey

XYZ_TO_SRGB = np.array(  # from D50, as in the ICC's sRGB profile
    [[3.1339, -1.6169, -0.4906], [-0.9788, 1.9161, 0.0335], [0.0719, -0.2290, 1.4052]]
)


def as_light(value: np.ndarray) -> np.ndarray:
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def as_number(light: np.ndarray) -> np.ndarray:
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * np.abs(light) ** (1 / 2.4) - 0.055)


def p3_seen_in_srgb(color: tuple[int, int, int]) -> list[int]:
    xyz = np.array(DISPLAY_P3).T @ as_light(np.array(color) / 255)
    return [round(float(v) * 255) for v in as_number(np.clip(XYZ_TO_SRGB @ xyz, 0, 1))]


@pytest.mark.parametrize("color", [(200, 100, 100), (210, 160, 130), (60, 120, 70), (128, 128, 128), (255, 0, 0)])
@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP"])
def test_display_p3_is_shifted_to_srgb(fmt: str, color: tuple[int, int, int]) -> None:
    options = {"quality": 100, "subsampling": 0} if fmt == "JPEG" else {"lossless": True}
    content = saved(Image.new("RGB", (32, 32), color), fmt, icc_profile=display_p3(), **options)
    found = decode_photo(content).getpixel((16, 16))
    assert isinstance(found, tuple)
    assert found == pytest.approx(p3_seen_in_srgb(color), abs=3)


def test_saturated_p3_red_is_converted() -> None:
    assert p3_seen_in_srgb((200, 100, 100))[0] > 208  # or the test above would prove nothing


def test_an_srgb_profile_changes_nothing() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    content = saved(Image.new("RGB", (8, 8), (200, 100, 50)), "PNG", icc_profile=srgb)
    assert decode_photo(content).getpixel((4, 4)) == (200, 100, 50)


def test_gray_profile_is_applied() -> None:
    content = saved(Image.new("L", (8, 8), 55), "PNG", icc_profile=linear_grey())
    found = decode_photo(content).getpixel((4, 4))
    assert isinstance(found, tuple)
    assert found == pytest.approx([round(float(as_number(np.array(55 / 255))) * 255)] * 3, abs=3)


def test_wide_colors_behind_transparency_are_shifted_too() -> None:
    content = saved(Image.new("RGBA", (8, 300), (200, 100, 100, 255)), "PNG", icc_profile=display_p3())
    image = decode_photo(content)
    for row in (0, 255, 256, 299):
        assert image.getpixel((4, row)) == pytest.approx(p3_seen_in_srgb((200, 100, 100)), abs=3)
