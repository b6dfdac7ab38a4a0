"""The language of a page (the person's, else the footer's choice, else the browser's) and its time zone."""

from __future__ import annotations

import zoneinfo
from functools import cache
from pathlib import Path

from flask import Flask, current_app, g, has_request_context, request
from flask_babel import Babel

from portal.models.people import Person

SOURCE = "en"
# The name of the cookie that keeps a choice made before the sign-in, in the app's configuration.
LANGUAGE_COOKIE = "LANGUAGE_COOKIE_NAME"
TIME_ZONE_COOKIE = "time_zone"


def init_app(app: Flask, translations: Path) -> None:
    """Give the app its languages."""
    app.config["BABEL_DEFAULT_LOCALE"] = SOURCE
    app.extensions["locales"] = available(translations)
    Babel(
        app,
        locale_selector=page_locale,
        timezone_selector=find_time_zone,
        default_translation_directories=str(translations),
    )
    app.add_template_global(lambda: find_time_zone() is not None, "has_time_zone")


@cache
def available(translations: Path) -> tuple[str, ...]:
    """Return the languages that are compiled, the source language first."""
    found = sorted(path.parts[-3] for path in translations.glob("*/LC_MESSAGES/*.mo"))
    return (SOURCE, *(name for name in found if name != SOURCE))


def find_time_zone() -> str | None:
    """Return the time zone a script has stored in the browser's cookie, None if unknown or invalid."""
    name = request.cookies.get(TIME_ZONE_COOKIE) if has_request_context() else None
    return name if name in _list_time_zones() else None


@cache
def _list_time_zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def page_locale() -> str:
    """Return the language of the page at hand."""
    person = g.get("person")
    return person.locale if isinstance(person, Person) else visitor_locale(None)


def visitor_locale(said: str | None) -> str:
    """Return the language for a visitor: chosen in the footer, else the browser's, else ``said`` by the sign-in."""
    names: tuple[str, ...] = current_app.extensions["locales"]
    stated = (said or "").replace("_", "-").split("-")[0].casefold()
    fallback = stated if stated in names else SOURCE
    return chosen_locale() or request.accept_languages.best_match(names) or fallback


def chosen_locale() -> str | None:
    """Return the language this browser's visitor chose in the footer."""
    chosen = request.cookies.get(current_app.config[LANGUAGE_COOKIE])
    return chosen if chosen in current_app.extensions["locales"] else None
