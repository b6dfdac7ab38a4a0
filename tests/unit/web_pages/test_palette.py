"""The accent scale: for any brand color, text stays readable and shapes visible."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.presentation import palette
from portal.presentation.brand import build_stylesheet
from portal.presentation.formatting import format_initials

COLORS = st.integers(min_value=0, max_value=0xFFFFFF).map(lambda number: f"#{number:06x}")
GROUNDS = {
    "light": (palette.build_light_accent, palette.LIGHT_PAGE, palette.LIGHT_MUTED),
    "dark": (palette.build_dark_accent, palette.DARK_PAGE, palette.DARK_RAISED),
}


def test_contrast_is_that_of_the_guidelines() -> None:
    assert palette.compute_contrast("#ffffff", "#000000") == pytest.approx(21)
    assert palette.compute_contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert palette.compute_contrast("#3b5bdb", "#3b5bdb") == 1


@pytest.mark.parametrize("ground", GROUNDS)
@given(color=COLORS)
def test_any_brand_color_can_be_read_and_seen(ground: str, color: str) -> None:
    make, page, muted = GROUNDS[ground]
    accent = make(color)
    assert palette.compute_contrast(accent.on_fill, accent.fill) >= 4.5
    assert palette.compute_contrast(accent.on_fill, accent.hover) >= 4.5
    for behind in (page, muted, accent.tint):
        assert palette.compute_contrast(accent.text, behind) >= 4.5
    for behind in (page, muted):
        assert palette.compute_contrast(accent.line, behind) >= 3
    assert palette.compute_contrast(accent.edge, page) >= 3


def test_a_usable_brand_color_is_left_alone() -> None:
    accent = palette.build_light_accent("#3b5bdb")
    assert (accent.fill, accent.text, accent.on_fill) == ("#3b5bdb", "#3b5bdb", "#ffffff")


def test_a_bright_brand_color_keeps_its_shade_under_dark_text() -> None:
    accent = palette.build_light_accent("#ffcc00")
    assert accent.fill == "#ffcc00"
    assert accent.on_fill == palette.INK


def test_stylesheet_sets_each_part_once_for_light_and_dark() -> None:
    text = build_stylesheet("#3b5bdb")
    for name in ("fill", "hover", "on-fill", "edge", "text", "line", "tint"):
        assert len(re.findall(rf"--accent-{name}:light-dark\(#[0-9a-f]{{6}},#[0-9a-f]{{6}}\);", text)) == 1


def test_grounds_are_those_of_the_tokens() -> None:
    tokens = (Path(__file__).parents[3] / "static/css/tokens.css").read_text()
    pair = r"light-dark\(oklch\(([\d. ]+)\), oklch\(([\d. ]+)\)\)"
    grounds: dict[str, list[str]] = {}
    for name in ("page", "quiet", "raised"):
        found = re.search(rf"--{name}: {pair}", tokens)
        assert found
        parts = [[float(part) for part in text_parts.split()] for text_parts in found.groups()]
        grounds[name] = [palette.build_oklch_color(*values) for values in parts]
    assert grounds["page"] == [palette.LIGHT_PAGE, palette.DARK_PAGE]
    assert grounds["quiet"] == [palette.LIGHT_MUTED, palette.DARK_MUTED]
    assert grounds["raised"] == [palette.LIGHT_PAGE, palette.DARK_RAISED]


@pytest.mark.parametrize(
    ("name", "chars"),
    [("Ada Lovelace", "AL"), ("Ada", "A"), ("ada king lovelace", "AL"), ("Łukasz Żak", "ŁŻ"), ("", "?"), (" – ", "?")],
)
def test_initials(name: str, chars: str) -> None:
    assert format_initials(name) == chars
