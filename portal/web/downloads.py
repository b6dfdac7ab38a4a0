"""Streams a stored file as a download to its owner."""

from __future__ import annotations

from typing import BinaryIO
from urllib.parse import quote

from flask import Response, request
from werkzeug.wsgi import wrap_file


def build_download(stream: BinaryIO, *, content_type: str, file_name: str, size: int | None) -> Response:
    """Return a response that streams ``stream`` as an attachment and closes it at the end.

    Args:
        stream: the content at its start.
        content_type: media type of the content.
        file_name: what the browser saves it as; any characters.
        size: bytes of the content, None if unknown.
    """
    response = Response(wrap_file(request.environ, stream), content_type=content_type, direct_passthrough=True)
    response.call_on_close(stream.close)
    if size is not None:
        response.content_length = size
    # A line break would end the header.
    file_name = "".join(character for character in file_name if character.isprintable())
    plain = file_name.encode("ascii", "replace").decode("ascii").replace('"', "").replace("?", "_")
    response.headers["Content-Disposition"] = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name)}"
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
