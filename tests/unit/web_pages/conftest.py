"""The texts of the portal in any language, without a database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask_babel import Babel, force_locale

from portal.domain.brands import PROFILEBAKERY
from portal.domain.consent import Policy
from portal.domain.retention_periods import RetentionPeriods
from portal.presentation import consent_texts

TRANSLATIONS = Path(__file__).parents[3] / "translations"


@pytest.fixture
def app() -> Flask:
    """An application with the translations alone."""
    app = Flask("texts")
    Babel(app, default_translation_directories=str(TRANSLATIONS))
    return app


@pytest.fixture
def policy_in(app: Flask) -> Callable[..., Policy]:
    """Build the policy in a language, for a company and a studio."""

    def build(language: str = "en", company: str = "Example", studio: str = "The Studio") -> Policy:
        with app.app_context(), force_locale(language):
            return consent_texts.build_policy(
                company=company, studio=replace(PROFILEBAKERY, name=studio), periods=RetentionPeriods()
            )

    return build
