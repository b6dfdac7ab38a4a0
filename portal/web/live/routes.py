"""The event stream of an open page: it carries the version number of the stage, and nothing else."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING
from uuid import UUID

from flask import Blueprint, Response, current_app
from werkzeug.exceptions import ServiceUnavailable

from portal.web.live import connection
from portal.web.live.connection import FIRST_EVENT, HEARTBEAT_COMMENT, HEARTBEAT_SECONDS, SseConnection, SseResponse
from portal.web.live.hub import STREAM_END, Hub
from portal.web.security.access import get_current_person

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

blueprint = Blueprint("live", __name__)


@blueprint.get("/headshots/events")
def stream_events() -> Response:
    """Stream a ``stage`` event whenever something on the person's page has changed."""
    if connection.is_limit_reached():
        # The page polls instead, and tries to connect again after a minute.
        raise ServiceUnavailable
    person_id = get_current_person().id
    return _EventStream(current_app.extensions["hub"], person_id)


class _EventStream(Response):
    """A response that does not end, and that needs nothing of its request once it has begun."""

    def __init__(self, hub: Hub, person_id: UUID) -> None:
        super().__init__(_stream(hub, person_id), content_type="text/event-stream")
        self.headers["Cache-Control"] = "no-store"
        self.headers["X-Accel-Buffering"] = "no"
        self._hub = hub
        self._person_id = person_id

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> SseResponse:
        """Begin the response."""
        body, status, headers = self.get_wsgi_response(environ)
        return SseResponse(environ, start_response(status, headers), iter(body), self._adopt)

    def _adopt(self, connection: SseConnection) -> None:
        # Subscribed before the first event is sent, so that no change is missed in between.
        self._hub.add(self._person_id, connection)
        if not connection.write(FIRST_EVENT) or self._hub.is_closed:
            connection.end()


def _stream(hub: Hub, person_id: UUID) -> Iterator[str]:
    ends_at = time.monotonic() + connection.compute_lifetime()
    with hub.subscribe(person_id) as versions:
        yield FIRST_EVENT
        while time.monotonic() < ends_at and not hub.is_closed:
            try:
                version = versions.get(timeout=HEARTBEAT_SECONDS)
            except queue.Empty:
                yield HEARTBEAT_COMMENT
                continue
            if version == STREAM_END:
                return
            yield connection.format_event(version)
