"""Compresses pages, because routers of platforms do not; never streams, nor the page with the studio's link in it."""

from __future__ import annotations

from flask import Flask, Response, request
from flask_compress import Compress

from portal.web.security.access import find_rule

MIMETYPES = ("text/html", "text/css", "text/csv", "text/plain", "application/json", "image/svg+xml")
# Within one packet there is nothing to win.
_SMALLEST_BODY = 1200


def init_app(app: Flask) -> None:
    """Compress the bodies of responses for clients that accept it."""
    app.config.from_mapping(
        COMPRESS_ALGORITHM=["br", "gzip"],
        COMPRESS_BR_LEVEL=5,
        COMPRESS_LEVEL=6,
        COMPRESS_MIMETYPES=list(MIMETYPES),
        COMPRESS_MIN_SIZE=_SMALLEST_BODY,
        COMPRESS_STREAMS=False,
    )
    _PageCompress(app)


class _PageCompress(Compress):
    def after_request(self, response: Response) -> Response:  # type: ignore[override]  # Flask always gives one
        """Compress one body, unless its length would give away a secret in it (the BREACH attack).

        Form tokens are masked anew in every response. The studio's link is not, so its page stays as it is.
        """
        rule = find_rule(request.endpoint)
        if response.mimetype not in MIMETYPES or (rule is not None and rule.camera):
            return response
        etag, is_weak = response.get_etag()
        if etag and not is_weak:
            # The same content in another encoding is equivalent, not identical. Views compare weakly either way.
            response.set_etag(etag, weak=True)
        compressed: Response = super().after_request(response)
        return compressed
