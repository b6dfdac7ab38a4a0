"""Serves the renditions of a person's photos from our storage, to their owner only."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, request
from werkzeug.wsgi import wrap_file

from portal.db import release_connection
from portal.domain import renditions
from portal.domain.errors import NotFound
from portal.models.photos import Rendition
from portal.services import gallery
from portal.web.context import get_context
from portal.web.security.access import get_current_person

blueprint = Blueprint("photos", __name__)


@blueprint.get("/photos/<uuid:photo_id>/<rendition>")
def serve_rendition(photo_id: UUID, rendition: str) -> Response:
    """Serve one rendition of one photo to its owner."""
    if renditions.find_rendition(rendition) is None:
        raise NotFound
    found = gallery.get_rendition(get_current_person(), photo_id, rendition, now=get_context().clock())
    release_connection()
    if request.if_none_match.contains(found.sha256):
        return _with_headers(Response(status=304, content_type=found.content_type), found)
    stored = get_context().storage.open(found.storage_key)
    body = wrap_file(request.environ, stored)
    response = Response(body, content_type=found.content_type, direct_passthrough=True)
    response.call_on_close(stored.close)
    response.content_length = found.size
    return _with_headers(response, found)


def _with_headers(response: Response, found: Rendition) -> Response:
    """Add the headers of a photo.

    Browsers may cache the bytes but must revalidate each time, so that an ended session shows nothing.
    """
    response.set_etag(found.sha256)
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Content-Disposition"] = f'inline; filename="headshot-{found.name}"'
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.vary.add("Cookie")
    return response
