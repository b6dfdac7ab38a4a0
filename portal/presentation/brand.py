"""The company's brand as pages and mails show it: name, monogram, logo and the stylesheet of its accent color."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache

from portal.domain.legal_links import LegalLinks
from portal.presentation import palette
from portal.presentation.palette import Accent
from portal.settings import Settings


@dataclass(frozen=True)
class Brand:
    """The company's brand.

    Attributes:
        monogram: one letter, drawn where there is no logo.
        version: changes with the colors, so that browsers may cache the stylesheet.
    """

    name: str
    monogram: str
    logo: str | None
    support_email: str | None
    version: str
    legal_links: LegalLinks


def build_brand(settings: Settings, legal_links: LegalLinks | None = None) -> Brand:
    """Return the brand these settings describe, with its legal links in the language in force."""
    name = settings.brand_name
    monogram = next((character for character in name if character.isalnum()), "H").upper()
    version = hashlib.sha256(build_stylesheet(settings.brand_color).encode()).hexdigest()[:10]
    return Brand(
        name, monogram, settings.brand_logo, settings.support_email, version, legal_links or settings.legal_links
    )


@cache
def build_stylesheet(color: str) -> str:
    """Return the stylesheet of a brand color: one pair of light and dark for each part of the accent."""
    light, dark = palette.build_light_accent(color), palette.build_dark_accent(color)
    properties = "".join(
        f"--accent-{name.replace('_', '-')}:light-dark({getattr(light, name)},{getattr(dark, name)});"
        for name in Accent.__dataclass_fields__
    )
    return f":root{{{properties}}}\n"
