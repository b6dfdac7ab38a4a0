"""Closes the body of every response, and with it the file that is being sent.

Werkzeug's handler does not where the client resets the connection while it reads what is left of the request.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from werkzeug.serving import WSGIRequestHandler

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_BODIES = "sandbox.bodies"


class ClosingHandler(WSGIRequestHandler):
    """Handles the requests of an app that :func:`record_bodies` wraps."""

    def run_wsgi(self) -> None:
        """Handle a request."""
        self._bodies: list[_Body] = []
        try:
            super().run_wsgi()
        finally:
            for body in self._bodies:
                body.close()

    def make_environ(self) -> dict[str, Any]:
        """Return the environment of the request; it holds the list of bodies too."""
        environ: dict[str, Any] = super().make_environ()
        environ[_BODIES] = self._bodies
        return environ


def record_bodies(app: WSGIApplication) -> WSGIApplication:
    """Return the app for a server of :class:`ClosingHandler`."""
    return partial(_record_body, app)


def _record_body(app: WSGIApplication, environ: WSGIEnvironment, start_response: StartResponse) -> _Body:
    body = _Body(app(environ, start_response))
    environ[_BODIES].append(body)
    return body


class _Body:
    """The body of a response, which may be closed twice."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        self._parts: Iterable[bytes] | None = parts

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._parts or ())

    def close(self) -> None:
        """Close the app's body."""
        parts, self._parts = self._parts, None
        if parts is not None and hasattr(parts, "close"):
            parts.close()
