"""The consent policy: complete, in every language, with a digest of exactly what is shown."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest

from portal.domain.consent import POLICY_VERSION, Policy


@pytest.fixture
def text(policy_in: Callable[..., Policy]) -> Policy:
    return policy_in("en", "Example GmbH", "Profile Bakery")


def test_stored_text_contains_everything_shown(text: Policy) -> None:
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


@pytest.mark.privacy("P04")
def test_policy_covers_what_the_law_requires(text: Policy) -> None:
    assert [block.key for block in text.blocks] == ["what", "ai", "how_long", "rights", "freedom"]
    assert len({purpose.key for purpose in text.purposes}) == len(text.purposes) == 2


@pytest.mark.parametrize(
    ("checked", "missing"),
    [
        ([], ["photos", "studio"]),
        (["photos"], ["studio"]),
        (["studio", "unknown"], ["photos"]),
        (["studio", "photos"], []),
        (["photos", "photos"], ["studio"]),
    ],
)
def test_every_purpose_needs_its_own_checkbox(text: Policy, checked: list[str], missing: list[str]) -> None:
    assert [purpose.key for purpose in text.list_missing(checked)] == missing


def test_another_language_company_or_studio_is_another_text(policy_in: Callable[..., Policy], text: Policy) -> None:
    others = {
        policy_in("de", "Example GmbH", "Profile Bakery").sha256,
        policy_in("en", "Other", "Profile Bakery").sha256,
        policy_in("en", "Example GmbH", "Other").sha256,
        text.sha256,
    }
    assert len(others) == 4
