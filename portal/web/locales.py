"""Language and time zone of a page: the language is the person's, else chosen in the footer, else the browser's."""

from __future__ import annotations

import zoneinfo
from functools import cache
from pathlib import Path

from flask import Flask, current_app, g, has_request_context, request
from flask_babel import Babel

from portal.models.people import Person
from portal.presentation.plurals import install_plurals

SOURCE = "en"
# Key in the app's configuration: name of the cookie that stores a choice made before the sign-in.
LANGUAGE_COOKIE = "LANGUAGE_COOKIE_NAME"
TIME_ZONE_COOKIE = "time_zone"


def init_app(app: Flask, translations: Path) -> None:
    """Configure the app's languages."""
    app.config["BABEL_DEFAULT_LOCALE"] = SOURCE
    app.extensions["locales"] = list_languages(translations)
    Babel(
        app,
        locale_selector=get_page_locale,
        timezone_selector=find_time_zone,
        default_translation_directories=str(translations),
    )
    install_plurals(app.jinja_env)
    app.add_template_global(lambda: find_time_zone() is not None, "has_time_zone")


@cache
def list_languages(translations: Path) -> tuple[str, ...]:
    """List the languages with compiled translations, the source language first."""
    found = sorted(path.parts[-3] for path in translations.glob("*/LC_MESSAGES/*.mo"))
    return (SOURCE, *(name for name in found if name != SOURCE))


def find_time_zone() -> str | None:
    """Return the time zone a script has stored in the browser's cookie, None if unknown or invalid."""
    name = request.cookies.get(TIME_ZONE_COOKIE) if has_request_context() else None
    return name if name in _list_time_zones() else None


@cache
def _list_time_zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def get_page_locale() -> str:
    """Return the language of the current page."""
    person = g.get("person")
    return person.locale if isinstance(person, Person) else get_visitor_locale(None)


def get_visitor_locale(claimed: str | None) -> str:
    """Return a visitor's language: chosen in the footer, else the browser's, else the one in the sign-in's claims."""
    names: tuple[str, ...] = current_app.extensions["locales"]
    stated = (claimed or "").replace("_", "-").split("-")[0].casefold()
    fallback = stated if stated in names else SOURCE
    return find_chosen_locale() or request.accept_languages.best_match(names) or fallback


def find_chosen_locale() -> str | None:
    """Return the language chosen in the footer of this browser, None without a choice."""
    chosen = request.cookies.get(current_app.config[LANGUAGE_COOKIE])
    return chosen if chosen in current_app.extensions["locales"] else None
