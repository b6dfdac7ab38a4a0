"""Security headers of all studio responses, and the choice between page and JSON."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from flask import Response, g, request


def add_security_headers(response: Response, *, deny_framing: bool) -> Response:
    """Restrict a response to its own files and keep it out of caches, referrers and, with `deny_framing`, frames."""
    ancestors = "'none'" if deny_framing else "*"
    image_sources = " ".join(["'self'", "blob:", "data:", *g.get("studio_image_origins", ())])
    response.headers["Content-Security-Policy"] = "; ".join(
        (
            "default-src 'self'",
            f"img-src {image_sources}",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            f"frame-ancestors {ancestors}",
        )
    )
    if deny_framing:
        response.headers["X-Frame-Options"] = "DENY"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Permissions-Policy"] = "camera=(self), microphone=(), geolocation=()"
    if request.endpoint != "studio.static":
        response.headers["Cache-Control"] = "no-store"
    return response


def allow_image_origins(urls: Iterable[str]) -> None:
    """Allow the current page to load images from the origins of these URLs."""
    parts = (urlsplit(url) for url in urls)
    g.studio_image_origins = sorted({f"{part.scheme}://{part.netloc}" for part in parts if part.netloc})


def is_json_preferred() -> bool:
    """Return whether the request prefers JSON, as scripts do, to HTML."""
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"
