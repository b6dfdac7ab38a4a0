"""Comparable forms of addresses: IDNA 2008, letter case, composed characters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.email_address import get_domain, normalize_domain, normalize_email, normalize_lenient
from portal.domain.roles import Principals


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Corp.Example", "corp.example"),
        ("corp.example.", "corp.example"),
        ("straße.example", "xn--strae-oqa.example"),
        ("STRASSE.example", "strasse.example"),
        ("xn--strae-oqa.example", "xn--strae-oqa.example"),
        ("ｃｏｒｐ.example", "corp.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("faß.de", "xn--fa-hia.de"),
    ],
)
def test_domain(text: str, expected: str) -> None:
    assert normalize_domain(text) == expected


@pytest.mark.parametrize(
    "text", ["", "corp", "a b.example", "*.corp.example", "https://corp.example", "a..b", "-a.example"]
)
def test_text_that_is_no_domain(text: str) -> None:
    with pytest.raises(ValueError, match="not a domain"):
        normalize_domain(text)


@pytest.mark.parametrize(
    "text", ["ann", "@corp.example", "ann@", "a n@corp.example", "ann@bob@corp.example", "<ann@x.example>"]
)
def test_text_that_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match="not a"):
        normalize_email(text)


def test_two_spellings_of_one_address_are_equal() -> None:
    assert normalize_email("Ann@Bücher.example") == normalize_email("ann@xn--bcher-kva.example")
    assert normalize_email("Jose\u0301@corp.example") == normalize_email("josé@corp.example")
    assert normalize_email("ann@straße.example") != normalize_email("ann@strasse.example")
    assert get_domain("Ann@STRAßE.example") == "xn--strae-oqa.example"


def test_bindings_match_every_spelling() -> None:
    admins = Principals(frozenset({normalize_email("ann@bücher.example")}))
    assert admins.includes("ANN@XN--BCHER-KVA.example", ())
    assert not admins.includes("ann@bucher.example", ())


@given(st.text(max_size=80))
def test_lenient_form_never_raises_and_is_stable(text: str) -> None:
    once = normalize_lenient(text)
    assert normalize_lenient(once) == once
