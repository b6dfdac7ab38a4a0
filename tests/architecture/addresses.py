"""Every request the app accepts, made from its own map of addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from flask import Flask
from werkzeug.routing import AnyConverter, BaseConverter, IntegerConverter, UUIDConverter

_SOME_ID = "11111111-1111-1111-1111-111111111111"
_PART = re.compile(r"<(?:(\w+)(?:\(([^)]*)\))?:)?(\w+)>")


@dataclass(frozen=True)
class Call:
    """One method on one address, with made-up values for its parts."""

    endpoint: str
    method: str
    path: str


def iterate_requests(app: Flask) -> Iterator[Call]:
    """Yield every method of every address, except Flask's own responses to OPTIONS."""
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        values = {name: _value(app.url_map.converters[kind], options) for kind, options, name in _parts(rule.rule)}
        for method in sorted((rule.methods or set()) - {"OPTIONS"}):
            path = adapter.build(rule.endpoint, values, method=method, force_external=False)
            yield Call(rule.endpoint, method, path)


def _parts(rule: str) -> list[tuple[str, str, str]]:
    """Return converter, its options and the name of each variable part of a rule like ``/photos/<uuid:photo_id>``."""
    return [(kind or "default", options, name) for kind, options, name in _PART.findall(rule)]


def _value(converter: type[BaseConverter], options: str) -> object:
    if issubclass(converter, UUIDConverter):
        return UUID(_SOME_ID)
    if issubclass(converter, AnyConverter):
        return options.split(",", maxsplit=1)[0].strip()
    return 1 if issubclass(converter, IntegerConverter) else "x"
