"""The two brands of the one API: names and header prefixes, nothing that behaves."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Brand:
    """What differs between the brands: a key, a name people read, the prefix of webhook headers."""

    key: str
    name: str
    header_prefix: str


BRANDS = {
    "profilebakery": Brand("profilebakery", "Profile Bakery", "X-ProfileBakery"),
    "headshotpro": Brand("headshotpro", "HeadshotPro", "X-HeadshotPro"),
}
