"""Which language a page is in: the person's, else the browser's, of those there are translations for."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from flask import Flask, current_app, g, request
from flask_babel import Babel

from portal.models.people import Person

SOURCE = "en"


def init_app(app: Flask, translations: Path) -> None:
    """Give the app its languages."""
    app.config["BABEL_DEFAULT_LOCALE"] = SOURCE
    app.extensions["locales"] = available(translations)
    Babel(app, locale_selector=page_locale, default_translation_directories=str(translations))


@cache
def available(translations: Path) -> tuple[str, ...]:
    """Return the languages that are compiled, the source language first."""
    found = sorted(path.parts[-3] for path in translations.glob("*/LC_MESSAGES/*.mo"))
    return (SOURCE, *(name for name in found if name != SOURCE))


def page_locale() -> str:
    """Return the language of the page at hand."""
    person = g.get("person")
    return person.locale if isinstance(person, Person) else visitor_locale(None)


def visitor_locale(said: str | None) -> str:
    """Return the best language for somebody new: what the identity provider says, else their browser."""
    names: tuple[str, ...] = current_app.extensions["locales"]
    language = (said or "").replace("_", "-").split("-")[0].casefold()
    if language in names:
        return language
    return request.accept_languages.best_match(names) or SOURCE
