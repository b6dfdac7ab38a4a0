"""The stream that tells an open page to look again; it carries a version number and nothing else."""

from __future__ import annotations

import queue
import random
import time
from collections.abc import Iterator
from uuid import UUID

from flask import Blueprint, Response, current_app

from portal.db import release
from portal.web.access import current_person
from portal.web.hub import CLOSED, Hub

blueprint = Blueprint("live", __name__)

# Routers of platforms cut a stream that is silent for 55 seconds.
HEARTBEAT_SECONDS = 20
# Streams end now and then, so that the sign-in behind them is checked again.
LONGEST_SECONDS = 600


@blueprint.get("/headshots/events")
def events() -> Response:
    """Stream a ``stage`` event whenever something on the person's page has changed."""
    hub: Hub = current_app.extensions["hub"]
    person_id = current_person().id
    release()
    response = Response(_stream(hub, person_id), content_type="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _stream(hub: Hub, person_id: UUID) -> Iterator[str]:
    ends_at = time.monotonic() + LONGEST_SECONDS * random.uniform(0.8, 1)  # noqa: S311 - spreads reconnects
    with hub.subscribe(person_id) as inbox:
        # What changed between the page and this stream is found by looking once; usually the answer is a 304.
        yield "retry: 2000\nevent: stage\ndata: 0\n\n"
        while time.monotonic() < ends_at and not hub.is_closed:
            try:
                version = inbox.get(timeout=HEARTBEAT_SECONDS)
            except queue.Empty:
                yield ": still here\n\n"
                continue
            if version == CLOSED:
                return
            yield f"event: stage\ndata: {version}\n\n"
