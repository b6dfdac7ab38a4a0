"""Plural messages whose number has the thousands separator of the language: 2,000 people, 2.000 Personen."""

from __future__ import annotations

from typing import Any

import flask_babel
from jinja2 import Environment, pass_context
from jinja2.runtime import Context


def format_plural(singular: str, plural: str, count: float, /, **values: object) -> str:
    """Return the form of a message for this count; ``num`` in it is the count."""
    form: str = flask_babel.get_translations().ungettext(singular, plural, count)
    return form % ({"num": flask_babel.format_number(count)} | values)


def install_plurals(environment: Environment) -> None:
    """Have the plural messages of templates written the same way."""
    translate: Any = environment.globals["ngettext"]

    @pass_context
    def translate_plural(context: Context, singular: str, plural: str, count: float, /, **values: object) -> Any:
        values.setdefault("num", flask_babel.format_number(count))
        return translate(context, singular, plural, count, **values)

    environment.globals["ngettext"] = translate_plural
