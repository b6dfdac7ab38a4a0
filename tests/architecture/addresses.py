"""Every call the app answers, made from its own map of addresses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Flask
from werkzeug.routing import BaseConverter, UUIDConverter

_SOME_ID = "11111111-1111-1111-1111-111111111111"


@dataclass(frozen=True)
class Call:
    """One method on one address, with made-up values for its parts."""

    endpoint: str
    method: str
    path: str


def calls_of(app: Flask) -> Iterator[Call]:
    """Yield every method of every address, except what Flask answers to OPTIONS itself."""
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        values = {name: _value(converter) for name, converter in rule._converters.items()}
        for method in sorted((rule.methods or set()) - {"OPTIONS"}):
            path = adapter.build(rule.endpoint, values, method=method, force_external=False)
            yield Call(rule.endpoint, method, path)


def _value(converter: BaseConverter) -> object:
    if isinstance(converter, UUIDConverter):
        return converter.to_python(_SOME_ID)
    allowed = getattr(converter, "items", None)
    return sorted(allowed)[0] if allowed else (1 if type(converter).__name__ == "IntegerConverter" else "x")
