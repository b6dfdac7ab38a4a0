"""The square of a photo: inside the photo for every input, around the face where there is one."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.crops import (
    MIN_SIZE,
    Crop,
    CropInvalid,
    FaceBox,
    build_automatic_crop,
    clamp_crop,
    compute_box,
)

sides = st.integers(1, 6000)
numbers = st.floats(-3, 3)


crops = st.builds(Crop, numbers, numbers, st.floats(0.001, 5))


@given(sides, sides, crops, st.sampled_from([1.0, 0.75, 4 / 3]))
def test_box_is_inside_the_photo_and_has_the_requested_ratio(width: int, height: int, crop: Crop, ratio: float) -> None:
    box = compute_box(crop, width, height, ratio)
    tolerance = 1e-6 * max(width, height)
    assert box.left >= -tolerance
    assert box.top >= -tolerance
    assert box.right <= width + tolerance
    assert box.bottom <= height + tolerance
    assert math.isclose(box.width, box.height * ratio, rel_tol=1e-6)


@given(sides, sides, crops)
def test_clamping_twice_changes_nothing(width: int, height: int, crop: Crop) -> None:
    once = clamp_crop(crop, width, height)
    twice = clamp_crop(once, width, height)
    assert math.isclose(once.center_x, twice.center_x, abs_tol=1e-9)
    assert math.isclose(once.center_y, twice.center_y, abs_tol=1e-9)
    assert MIN_SIZE <= once.size == twice.size <= 1


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_not_finite_are_refused(bad: float) -> None:
    for crop in (Crop(bad, 0.5, 0.5), Crop(0.5, bad, 0.5), Crop(0.5, 0.5, bad)):
        with pytest.raises(CropInvalid):
            clamp_crop(crop, 100, 100)


@pytest.mark.parametrize("size", [0.0, -0.5])
def test_size_must_be_positive(size: float) -> None:
    with pytest.raises(CropInvalid):
        clamp_crop(Crop(0.5, 0.5, size), 100, 100)


def test_crop_is_centered_on_the_face_with_its_eyes_at_42_percent() -> None:
    face = FaceBox(left=0.4, top=0.3, width=0.2, height=0.2)
    crop = build_automatic_crop(1000, 1000, face)
    box = compute_box(crop, 1000, 1000)
    assert math.isclose((box.left + box.right) / 2, 500)
    assert math.isclose(box.width, 520)
    assert math.isclose((384 - box.top) / box.height, 0.42)


def test_crop_of_a_face_at_the_edge_stays_inside() -> None:
    box = compute_box(build_automatic_crop(800, 1000, FaceBox(0.0, 0.0, 0.3, 0.24)), 800, 1000)
    assert box.left == pytest.approx(0)
    assert box.top == pytest.approx(0)


def test_without_a_face_the_crop_is_what_pages_show_as_the_circle() -> None:
    # object-fit: cover with object-position: 50% 38%.
    assert compute_box(build_automatic_crop(1000, 1500, None), 1000, 1500).as_tuple() == pytest.approx(
        (0, 190, 1000, 1190)
    )
    assert compute_box(build_automatic_crop(1500, 1000, None), 1500, 1000).as_tuple() == pytest.approx(
        (250, 0, 1250, 1000)
    )
