"""File names of exports: templates, awkward names, and names given twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.export_names import NameParts, TemplateInvalid, UniqueNames, build_name, parse_template


@pytest.mark.parametrize(
    ("name", "number", "expected"),
    [
        ("Jürgen Großmann", "10042", "10042_Großmann_Jürgen"),
        ("佐藤 美咲", "7", "7_美咲_佐藤"),
        ("Siobhán O’Rourke", "8", "8_O-Rourke_Siobhán"),
        ("Madonna", "", "Madonna"),
        ("../../etc/passwd x", "9", "9_x_..-..-etc-passwd"),
    ],
)
def test_names_are_built_from_the_template(name: str, number: str, expected: str) -> None:
    template = parse_template("{employee_number}_{last}_{first}.jpg")
    assert build_name(template, NameParts(name, "a@example.com", number)) == expected


@pytest.mark.parametrize(
    "text",
    ["", "photo.jpg", "{unknown}", "{last!r}", "{last:>99}", "{last", "{0}", "{}", "{last}" * 40, "{first.upper}"],
)
def test_template_without_usable_field_is_refused(text: str) -> None:
    with pytest.raises(TemplateInvalid):
        parse_template(text)


@given(name=st.text(max_size=300), email=st.text(max_size=50), team=st.text(max_size=50))
def test_any_name_gives_a_file_name_without_folders(name: str, email: str, team: str) -> None:
    built = build_name(parse_template("{team}_{name}_{email}"), NameParts(name, email, team=team))
    assert built
    assert "/" not in built
    assert "\\" not in built
    assert not built.startswith(".")
    assert len(built) <= 122


def test_repeated_names_are_numbered_whatever_their_case() -> None:
    names = UniqueNames()
    assert [names.reserve_name(name) for name in ("Ada", "ada", "Ada", "Ben")] == ["Ada", "ada-2", "Ada-3", "Ben"]
