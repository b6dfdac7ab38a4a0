"""The consent policy: complete, in every language, with a digest of exactly what is shown."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest
from flask import Flask
from flask_babel import force_locale

from portal.domain.brands import BRANDS
from portal.domain.consent import POLICY_VERSION, Policy
from portal.domain.retention_periods import RetentionPeriods
from portal.presentation import consent_texts


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
@pytest.mark.parametrize(
    ("slug", "language", "operator"),
    [
        ("profilebakery", "en", "Profile Bakery (Mamendo GmbH, Switzerland)"),
        ("profilebakery", "de", "Profile Bakery (Mamendo GmbH, Schweiz)"),
        ("headshotpro", "en", "HeadshotPro (Headshot Pro Photography Pte. Ltd., Singapore)"),
        ("headshotpro", "de", "HeadshotPro (Headshot Pro Photography Pte. Ltd., Singapur)"),
    ],
)
def test_policy_names_the_controller_and_the_operator_of_the_studio_with_its_country(
    slug: str, language: str, operator: str, app: Flask
) -> None:
    with app.app_context(), force_locale(language):
        studio, periods = BRANDS[slug], RetentionPeriods()
        policy = consent_texts.build_policy(company="Example GmbH", studio=studio, periods=periods)
    (what,) = [block.text for block in policy.blocks if block.key == "what"]
    assert operator in what
    # The documents do not name sub-processors; the text refers to the company instead.
    assert what.count("Example GmbH") == 2


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
