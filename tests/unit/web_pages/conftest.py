"""The texts of the portal in any language, without a database."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask_babel import Babel, force_locale

from portal.domain.consent import Policy
from portal.domain.retention_periods import RetentionPeriods
from portal.presentation import consent_texts

TRANSLATIONS = Path(__file__).parents[3] / "translations"


@pytest.fixture
def policy_in() -> Callable[..., Policy]:
    """Build the policy in a language, for a company and a studio."""
    app = Flask("texts")
    Babel(app, default_translation_directories=str(TRANSLATIONS))

    def build(language: str = "en", company: str = "Example", studio: str = "The Studio") -> Policy:
        with app.app_context(), force_locale(language):
            return consent_texts.build_policy(company=company, studio=studio, periods=RetentionPeriods())

    return build
