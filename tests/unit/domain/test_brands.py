"""A brand is one entry in one table: the settings accept it, and its webhook address follows from it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from portal.domain.brands import BRANDS

PORTAL = Path(__file__).parents[3] / "portal"


@pytest.mark.parametrize("slug", BRANDS)
def test_every_brand_is_complete(slug: str) -> None:
    brand = BRANDS[slug]
    assert brand.slug == slug
    assert brand.webhook_path == f"/webhooks/{slug}"
    assert brand.api_url.startswith("https://")
    assert brand.header_prefix.startswith("X-")


@pytest.mark.parametrize("slug", BRANDS)
def test_a_slug_is_written_in_one_module_only(slug: str) -> None:
    """The route of the webhooks and the choices of the setting are built from the table."""
    quoted = re.compile(rf"[\"'/(, ]{slug}[\"'/), ]")
    found = {
        file.relative_to(PORTAL).as_posix()
        for file in PORTAL.rglob("*.py")
        if quoted.search(file.read_text(encoding="utf-8").replace("https://www.headshotpro.com", ""))
    }
    # The setting's default is the one mention beside the table.
    assert found - {"settings.py"} == {"domain/brands.py"}
