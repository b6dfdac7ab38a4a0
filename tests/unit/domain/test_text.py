"""Short texts from other systems: printable, storable, with joiners where spelling needs them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.text import is_storable, normalize_line


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  Ann\tExample\n", "AnnExample"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("क्\u200dष", "क्\u200dष"),
        ("\u200dAnn\u200c Example\u200d", "Ann Example"),
        ("Ann \u200c\u200cExample", "Ann Example"),
        ("Ann\u202eelpmaxE", "AnnelpmaxE"),
        ("A\x00\ud800nn", "Ann"),
        ("\u200b", None),
        ("", None),
        (7, None),
    ],
)
def test_line(text: object, expected: str | None) -> None:
    assert normalize_line(text, 200) == expected


@given(st.text(st.characters(codec=None), max_size=60))
def test_any_line_can_be_stored_and_stays_as_it_is(text: str) -> None:
    line = normalize_line(text, 20)
    if line is not None:
        assert is_storable(line)
        assert len(line) <= 20
        assert normalize_line(line, 20) == line
