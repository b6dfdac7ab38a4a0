"""The text people agree to: all of it, in their language, provable word for word."""

from __future__ import annotations

import hashlib

import pytest

from portal.domain.consent import POLICY_VERSION, Policy, policy


def _english(text: str, **values: str) -> str:
    return text % values if values else text


def _shouting(text: str, **values: str) -> str:
    return _english(text, **values).upper()


@pytest.fixture
def text() -> Policy:
    return policy(_english, locale="en", company="Example GmbH", studio="Profile Bakery")


def test_the_kept_text_is_everything_that_is_shown(text: Policy) -> None:
    for block in text.blocks:
        assert block.heading in text.text
        assert block.text in text.text
    for purpose in text.purposes:
        assert purpose.label in text.text
    assert text.sha256 == hashlib.sha256(text.text.encode()).hexdigest()
    assert text.version == POLICY_VERSION


def test_names_are_filled_in(text: Policy) -> None:
    assert "Example GmbH" in text.text
    assert "Profile Bakery" in text.text
    assert "%(" not in text.text


def test_the_text_says_what_the_law_wants_said(text: Policy) -> None:
    assert [block.key for block in text.blocks] == ["what", "why", "who", "how_long", "rights", "freedom"]
    assert len({purpose.key for purpose in text.purposes}) == len(text.purposes) == 2


@pytest.mark.parametrize(
    ("ticked", "missing"),
    [
        ([], ["photos", "studio"]),
        (["photos"], ["studio"]),
        (["studio", "unknown"], ["photos"]),
        (["studio", "photos"], []),
        (["photos", "photos"], ["studio"]),
    ],
)
def test_every_purpose_needs_a_tick_of_its_own(text: Policy, ticked: list[str], missing: list[str]) -> None:
    assert [purpose.key for purpose in text.missing(ticked)] == missing


def test_another_language_another_company_or_studio_is_another_text(text: Policy) -> None:
    others = {
        policy(_shouting, locale="de", company="Example GmbH", studio="Profile Bakery").sha256,
        policy(_english, locale="en", company="Other", studio="Profile Bakery").sha256,
        policy(_english, locale="en", company="Example GmbH", studio="Other").sha256,
        text.sha256,
    }
    assert len(others) == 4
