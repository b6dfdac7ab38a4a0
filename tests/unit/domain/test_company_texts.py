"""The check of the company's own texts: placeholders, links, length, and what is stored of what was typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.company_texts import (
    FIELDS,
    TextField,
    TextFormat,
    TextProblem,
    TextSection,
    check_text,
    iterate_links,
    normalize_text,
    replace_placeholders,
)
from portal.presentation.privacy_texts import render_paragraphs

LINKED = TextField("about", TextFormat.LINKED, 200, allowed=frozenset({"company"}))
DAYS = TextField("how_long", TextFormat.PARAGRAPHS, 200, frozenset({"days"}), frozenset({"company"}))


@pytest.mark.parametrize(
    ("text_field", "value", "problem"),
    [
        (DAYS, "Deleted after {days} days at {company}.", None),
        (DAYS, "Deleted soon.", TextProblem.MISSING_PLACEHOLDER),
        (DAYS, "{days} {name}", TextProblem.UNKNOWN_PLACEHOLDER),
        (DAYS, "{days} {", TextProblem.STRAY_BRACE),
        (DAYS, "{days} {Company}", TextProblem.STRAY_BRACE),
        (DAYS, "{days}" + "x" * 200, TextProblem.TOO_LONG),
        (DAYS, "", TextProblem.MISSING),
        (DAYS, "{days} <script>", TextProblem.HTML),
        (DAYS, "{days} </p", TextProblem.HTML),
        (DAYS, "less < {days} > more", None),
        (DAYS, "Text\n\n[ ] {days}", TextProblem.CHECKBOX),
        (LINKED, "See [our page](https://example.com/a?b=c#d) and [mail](mailto:a@example.com).", None),
        (LINKED, "See [our page](javascript:alert(1))", TextProblem.BAD_LINK),
        (LINKED, "See [our page](http://example.com)", TextProblem.BAD_LINK),
        (LINKED, "See [our page](https://user:pass@example.com)", TextProblem.BAD_LINK),
        (TextField("imprint", TextFormat.ADDRESS, 100), "example.com", TextProblem.BAD_ADDRESS),
        (TextField("imprint", TextFormat.ADDRESS, 100), 'https://example.com/"x', TextProblem.BAD_ADDRESS),
        (TextField("imprint", TextFormat.ADDRESS, 100, is_optional=True), "", None),
        (TextField("dpo", TextFormat.EMAIL, 100), "nobody", TextProblem.BAD_EMAIL),
        (TextField("dpo", TextFormat.EMAIL, 100), "dpo@example.com?cc=x@example.com", TextProblem.BAD_EMAIL),
    ],
)
def test_problems_of_a_text(text_field: TextField, value: str, problem: TextProblem | None) -> None:
    found = check_text(text_field, value)
    assert (found.problem if found else None) is problem


def test_surplus_blank_space_and_control_characters_are_not_stored() -> None:
    assert normalize_text(DAYS, " One\r\nline \r\n \r\n\r\nTwo\0\x07 ") == "One line\n\nTwo"
    assert normalize_text(TextField("title", TextFormat.LINE, 50), " A\n b ") == "A b"


def test_placeholders_are_filled_once() -> None:
    assert replace_placeholders("{company} and {studio}", {"company": "{studio}", "studio": "S"}) == "{studio} and S"


@given(st.text(max_size=80))
def test_only_links_become_markup_whatever_is_written(text: str) -> None:
    for paragraph in render_paragraphs(text, {"company": "<b>Acme</b>"}):
        without_links = str(paragraph).replace("</a>", "")
        for _label, address in iterate_links(text):
            if address is not None:
                without_links = without_links.split('<a href="')[0]
        assert "<" not in without_links


def test_every_field_has_one_key_in_its_section() -> None:
    for section in TextSection:
        keys = [text_field.key for text_field in FIELDS[section]]
        assert len(keys) == len(set(keys))
