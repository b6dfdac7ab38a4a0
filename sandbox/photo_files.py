"""The photo host: serves generated photos at signed URLs."""

from __future__ import annotations

from flask import Blueprint, Response, abort, request, send_file

from sandbox.core import Sandbox
from sandbox.photo_urls import is_valid_url
from sandbox.picture_files import SIZES
from sandbox.store import photos


def create_blueprint(sandbox: Sandbox) -> Blueprint:
    """Build the photo host of one sandbox."""
    host = Blueprint("photo_files", __name__)

    @host.get("/photos/<model_id>/<photo_id>/<size>.jpg")
    def photo_file(model_id: str, photo_id: str, size: str) -> Response:
        expires, signature = request.args.get("expires", ""), request.args.get("signature", "")
        with sandbox.read() as db:
            photo = photos.find_photo(db, model_id, photo_id)
        if photo is None or size not in SIZES:
            abort(404)
        if not is_valid_url(sandbox, photo, size, expires, signature):
            body = "This URL has expired or was altered.\n"
            return Response(body, sandbox.switches.expired_photo_status, content_type="text/plain")
        path = sandbox.pictures.get_photo_path(model_id, photo_id, size)
        if photo.status != "active" or not path.is_file():
            abort(404)
        response = send_file(path, mimetype="image/jpeg", max_age=3600)
        response.headers.pop("Date", None)  # the server sends its own
        response.headers["Cache-Control"] = "private, max-age=3600"
        return response

    return host
