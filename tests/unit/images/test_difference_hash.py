"""The difference hash: near-equal pictures are grouped, different ones are not."""

from __future__ import annotations

from PIL import Image, ImageEnhance, ImageOps
from skimage import data

from portal.images.difference_hash import (
    SIMILAR_BITS,
    compute_hash,
    convert_to_signed,
    count_different_bits,
    group_similar,
)


def load_portrait() -> Image.Image:
    return Image.fromarray(data.astronaut())


def test_size_and_brightness_hardly_change_the_hash() -> None:
    straight = load_portrait()
    variations = [straight.resize((96, 96)), ImageEnhance.Brightness(straight).enhance(1.2)]
    for other in variations:
        assert count_different_bits(compute_hash(straight), compute_hash(other)) <= SIMILAR_BITS


def test_another_picture_has_another_hash() -> None:
    straight = load_portrait()
    assert count_different_bits(compute_hash(straight), compute_hash(ImageOps.mirror(straight))) > SIMILAR_BITS


def test_hash_fits_into_64_bits() -> None:
    assert 0 <= compute_hash(Image.effect_noise((64, 64), 90)) < 2**64


def test_similar_pictures_are_grouped_in_the_order_of_their_first_photo() -> None:
    hashes = [("a", 0), ("b", 2**64 - 1), ("c", 0b111), ("d", None), ("e", 2**64 - 2)]
    assert group_similar(hashes) == [["a", "c"], ["b", "e"], ["d"]]


def test_a_photo_between_two_groups_joins_them() -> None:
    low, high = 0, (1 << 2 * SIMILAR_BITS) - 1
    between = (1 << SIMILAR_BITS) - 1
    assert group_similar([("low", low), ("high", high), ("between", between)]) == [["low", "high", "between"]]


def test_signed_hashes_have_the_same_distances() -> None:
    first, second = 2**64 - 1, 2**63 + 5
    assert -(2**63) <= convert_to_signed(second) < 0
    assert count_different_bits(convert_to_signed(first), convert_to_signed(second)) == count_different_bits(
        first, second
    )
