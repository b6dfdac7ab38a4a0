"""The table of renditions: names are addresses, so they must stay plain, unique and findable."""

from __future__ import annotations

import re

import pytest

from portal.domain.renditions import FOCUS, ORIGINAL, RENDITIONS, WIDTHS, ImageFormat, find_rendition


def test_the_names_people_and_records_use() -> None:
    assert [spec.name for spec in RENDITIONS] == [
        *(f"{width}.webp" for width in (96, 320, 640, 1280)),
        *(f"{width}.jpg" for width in (96, 320, 640, 1280)),
        "original.jpg",
    ]
    assert all(re.fullmatch(r"[a-z0-9]+\.(webp|jpg)", spec.name) for spec in RENDITIONS)


def test_every_rendition_is_found_by_its_name() -> None:
    assert [find_rendition(spec.name) for spec in RENDITIONS] == list(RENDITIONS)


@pytest.mark.parametrize("name", ["", "640", "641.webp", "640.WEBP", "original.webp", "../640.webp", "640.webp\n"])
def test_other_names_are_not_found(name: str) -> None:
    assert find_rendition(name) is None


def test_media_types() -> None:
    assert [(fmt.extension, fmt.content_type) for fmt in ImageFormat] == [
        ("webp", "image/webp"),
        ("jpg", "image/jpeg"),
    ]


@pytest.mark.parametrize(("photo", "expected"), [(2000, 640), (640, 640), (500, 500)])
def test_a_slot_is_never_wider_than_the_photo(photo: int, expected: int) -> None:
    spec = find_rendition("640.webp")
    assert spec is not None
    assert spec.width_for(photo) == expected


def test_the_original_keeps_its_width() -> None:
    assert ORIGINAL.width_for(5000) == 5000


def test_the_slots_grow_and_the_focus_lies_in_the_picture() -> None:
    assert list(WIDTHS) == sorted(WIDTHS)
    assert all(0 <= part <= 1 for part in FOCUS)
