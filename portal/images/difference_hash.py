"""A 64-bit difference hash of a picture, and the order that lays look-alikes side by side."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TypeVar

from PIL import Image

SIDE = 8
SIMILAR_BITS = 10
"""Two photos that differ in at most this many of 64 bits are shown side by side."""

_MASK = (1 << 64) - 1

KeyT = TypeVar("KeyT", bound=Hashable)


def compute_hash(image: Image.Image) -> int:
    """Return the difference hash, 0 to 2**64 - 1: each bit is set where a cell is brighter than its right neighbor."""
    gray = image.convert("L").resize((SIDE + 1, SIDE), Image.Resampling.BOX)
    cells = gray.tobytes()
    bits = 0
    for row in range(SIDE):
        for column in range(SIDE):
            left = cells[row * (SIDE + 1) + column]
            right = cells[row * (SIDE + 1) + column + 1]
            bits = bits << 1 | (left > right)
    return bits


def convert_to_signed(value: int) -> int:
    """Return a hash as the signed 64-bit number that a database column holds."""
    return value - (1 << 64) if value >= 1 << 63 else value


def count_different_bits(first: int, second: int) -> int:
    """Return the Hamming distance of two hashes, both signed or both unsigned, 0 to 64."""
    return ((first ^ second) & _MASK).bit_count()


def group_similar(hashes: Sequence[tuple[KeyT, int | None]]) -> list[list[KeyT]]:
    """Group keys whose hashes are linked by at most ``SIMILAR_BITS`` different bits (single link).

    Args:
        hashes: keys in their order with their hash; None is a photo that was never hashed and stays alone.

    Returns:
        Groups in the order of their first key; inside a group the given order stays.
    """
    groups: list[list[tuple[KeyT, int | None]]] = []
    for key, value in hashes:
        linked = [group for group in groups if value is not None and _has_similar(group, value)]
        if not linked:
            groups.append([(key, value)])
            continue
        first, *others = linked
        first.append((key, value))
        for other in others:
            first.extend(other)
            groups.remove(other)
    order = {key: position for position, (key, _value) in enumerate(hashes)}
    return [sorted((key for key, _value in group), key=order.__getitem__) for group in groups]


def _has_similar(group: list[tuple[KeyT, int | None]], value: int) -> bool:
    return any(other is not None and count_different_bits(other, value) <= SIMILAR_BITS for _key, other in group)
