"""The two brands of the API: their names and webhook header prefixes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Brand:
    """One brand: its key, its display name and the prefix of its webhook headers."""

    key: str
    name: str
    header_prefix: str


BRANDS = {
    "profilebakery": Brand("profilebakery", "Profile Bakery", "X-ProfileBakery"),
    "headshotpro": Brand("headshotpro", "HeadshotPro", "X-HeadshotPro"),
}
