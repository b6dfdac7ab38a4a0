"""URL converters for parameters next to a literal path segment."""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import BaseConverter


class PhotoId(BaseConverter):
    """Any photo id except `download`, which is another resource."""

    regex = r"(?!download$)[^/]+"


class InvitedEmail(BaseConverter):
    """Any e-mail address except `revoke`, which is another resource."""

    regex = r"(?!revoke$)[^/]+"


def register_converters(app: Flask) -> None:
    """Register both converters."""
    app.url_map.converters["photo_id"] = PhotoId
    app.url_map.converters["invited_email"] = InvitedEmail
