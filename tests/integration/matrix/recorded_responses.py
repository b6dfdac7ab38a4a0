"""The responses of every route to one actor, requested once for all tests that only read them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from werkzeug.test import TestResponse

from tests.integration.matrix.database_dump import Dump
from tests.integration.matrix.directory_fixture import DirectoryFixture
from tests.integration.matrix.table import Route, list_routes


@dataclass(frozen=True)
class Recording:
    """What one actor was sent.

    Attributes:
        responses: each with its route; without one, the errors that follow the routes.
        database: what the database held afterwards.
    """

    responses: tuple[tuple[Route | None, TestResponse], ...]
    database: Dump


Recorder = Callable[[str], Recording]
"""Returns the recording of the actor with this name."""


def record_responses(directory: DirectoryFixture, name: str) -> Recording:
    """Request everything as an actor."""
    return Recording(tuple(_request_all(directory, name)), directory.dump())


def _request_all(directory: DirectoryFixture, name: str) -> Iterator[tuple[Route | None, TestResponse]]:
    """Yield the response of every route, those to forms later and signing out last, then one of every kind of error."""
    actor = directory.actor(name)
    for route in sorted(list_routes(directory.app), key=lambda each: (each.is_unsafe, each.rule == "/logout")):
        if route.arguments <= directory.ids[actor.owner].keys():
            # The clock moves with each call, and so many calls outlast a session.
            directory.renew_sessions()
            yield route, actor.submit(route)
    for method, path in (
        *(("GET", "/nowhere"), ("POST", "/headshots/status"), ("GET", "/photos/x/y"), ("POST", "/headshots/choice")),
        *(("TRACE", "/"), ("GET", "/static/none.css"), ("GET", "/icons/x.svg"), ("PUT", "/webhooks/profilebakery")),
    ):
        yield None, actor.call(method, path)
    yield None, actor.call("GET", "/", headers={"Host": "evil.example"})
    yield None, actor.call("GET", "/nowhere", headers={"Accept": "application/json"})
