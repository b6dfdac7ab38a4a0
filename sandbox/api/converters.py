"""Path parameters that leave room for a literal path beside them; nothing else about routing."""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import BaseConverter


class PhotoId(BaseConverter):
    """Any photo id; `download` beside it is another resource."""

    regex = r"(?!download$)[^/]+"


class InvitedEmail(BaseConverter):
    """Any address; `revoke` beside it is another resource."""

    regex = r"(?!revoke$)[^/]+"


def install(app: Flask) -> None:
    """Make both known to the app's routes."""
    app.url_map.converters["photo_id"] = PhotoId
    app.url_map.converters["invited_email"] = InvitedEmail
