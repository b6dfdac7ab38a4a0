"""Headers every studio answer carries and the two forms an answer takes, page or JSON; no page's content."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from flask import Response, g, request


def protect(response: Response, *, refused: bool) -> Response:
    """Close *response* to everything but its own files, keep it out of caches, referrers and, if *refused*, frames."""
    ancestors = "'none'" if refused else "*"
    pictures = " ".join(["'self'", "blob:", "data:", *g.get("studio_picture_origins", ())])
    response.headers["Content-Security-Policy"] = "; ".join(
        (
            "default-src 'self'",
            f"img-src {pictures}",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            f"frame-ancestors {ancestors}",
        )
    )
    if refused:
        response.headers["X-Frame-Options"] = "DENY"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Permissions-Policy"] = "camera=(self), microphone=(), geolocation=()"
    if request.endpoint != "studio.static":
        response.headers["Cache-Control"] = "no-store"
    return response


def allow_pictures(addresses: Iterable[str]) -> None:
    """Let this answer's page load pictures from the origins of *addresses*, for a photo host of its own."""
    parts = (urlsplit(address) for address in addresses)
    g.studio_picture_origins = sorted({f"{part.scheme}://{part.netloc}" for part in parts if part.netloc})


def wants_json() -> bool:
    """Whether a script asked; a browser navigating asks for a page."""
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"
