"""Lengths of time in words: as rough as they are known, with the unit once where it can be."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask, current_app, render_template_string
from flask_babel import Babel, force_locale

from portal.presentation import formatting
from portal.presentation.plurals import format_plural, install_plurals


@pytest.fixture(autouse=True)
def english() -> object:
    app = Flask(__name__)
    Babel(app)
    with app.test_request_context(), force_locale("en"):
        yield


@pytest.mark.parametrize(("language", "number"), [("en", "2,000"), ("de", "2.000")])
def test_number_of_a_plural_has_the_separator_of_the_language(language: str, number: str) -> None:
    install_plurals(current_app.jinja_env)
    template = (
        "{{ ngettext('%(num)s person', '%(num)s people', n) }}, {{ ngettext('%(n)s row', '%(n)s rows', n, n=n) }}"
    )
    with force_locale(language):
        assert format_plural("%(num)s person", "%(num)s people", 2000) == f"{number} people"
        assert format_plural("%(num)s person", "%(num)s people", 1) == "1 person"
        assert render_template_string(template, n=2000) == f"{number} people, 2000 rows"


@pytest.mark.parametrize(
    ("minutes", "text_parts"),
    [
        (0, "1 minute"),
        (3.4, "3 minutes"),
        (9.9, "10 minutes"),
        (12, "10 minutes"),
        (13, "15 minutes"),
        (58, "1 hour"),
        (88, "90 minutes"),
        (100, "2 hours"),
        (47 * 60, "47 hours"),
        (72 * 60, "3 days"),
    ],
)
def test_duration_is_formatted_with_its_precision(minutes: float, text_parts: str) -> None:
    assert formatting.format_duration(timedelta(minutes=minutes)) == text_parts


@pytest.mark.parametrize(
    ("low", "high", "text_parts"),
    [
        (20, 52, "20 to 50 minutes"),
        (2, 3, "2 to 3 minutes"),
        (100, 190, "2 to 3 hours"),
        (45, 180, "45 minutes to 3 hours"),
        (60, 180, "1 to 3 hours"),
        (14, 16, "about 15 minutes"),
        (1, 1, "about 1 minute"),
    ],
)
def test_a_range_names_its_unit_once(low: float, high: float, text_parts: str) -> None:
    assert formatting.format_range(timedelta(minutes=low), timedelta(minutes=high)) == text_parts
