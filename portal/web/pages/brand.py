"""Serves the brand: stylesheet, favicon and launcher tile, and the values every page template gets."""

from __future__ import annotations

import binascii
from base64 import b64decode
from functools import cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, current_app, g, has_request_context, render_template, request, url_for
from flask_babel import get_locale
from werkzeug.security import safe_join

from portal.presentation import formatting, palette
from portal.presentation.brand import build_brand, build_stylesheet
from portal.presentation.palette import Accent
from portal.presentation.privacy_texts import build_legal_links
from portal.web.context import get_context

blueprint = Blueprint("brand", __name__)
blueprint.add_app_template_filter(formatting.format_initials, "initials")
blueprint.add_app_template_filter(formatting.wrap_names, "isolate")

ICONS = frozenset({"favicon", "favicon-ready"})


@blueprint.app_context_processor
def build_page_values() -> dict[str, Any]:
    """Return the variables every template gets for its header and footer."""
    locale = get_locale()
    context = get_context()
    # Mails are rendered without a request and have no footer with these links.
    links = build_legal_links(context.settings, context.texts.get_texts()) if has_request_context() else None
    return {
        "brand": build_brand(context.settings, links),
        "viewer": g.get("person"),
        "page_lang": str(locale).replace("_", "-") if locale else "en",
        "page_dir": locale.text_direction if locale else "ltr",
        "asset": build_static_url,
    }


@blueprint.app_template_global("get_dark_accent")
def get_dark_accent(color: str) -> Accent:
    """Return the accent of a brand color on dark grounds, for mails."""
    return palette.build_dark_accent(color)


@blueprint.app_template_global("get_light_accent")
@cache
def get_light_accent(color: str) -> Accent:
    """Return the light accent, for documents without our stylesheet, such as mails."""
    return palette.build_light_accent(color)


def build_static_url(filename: str) -> str:
    """Return the URL of a static file; its path contains the version of all static files."""
    return url_for("static", filename=filename)


@blueprint.get("/brand.css")
def serve_stylesheet() -> Response:
    """Serve the accent colors as custom properties; public, cached for a year."""
    response = Response(build_stylesheet(get_context().settings.brand_color), mimetype="text/css")
    return _cached(response)


@blueprint.get("/icons/<name>.svg")
def serve_icon(name: str) -> Response:
    """Serve the favicon: the monogram on the accent, with a dot when photos wait to be chosen."""
    if name not in ICONS:
        abort(404)
    settings = get_context().settings
    accent = palette.build_light_accent(settings.brand_color)
    svg = render_template(
        "components/favicon.svg", letter=build_brand(settings).monogram, accent=accent, ready=name != "favicon"
    )
    return _cached(Response(svg, mimetype="image/svg+xml"))


@blueprint.get("/brand/tile.png")
def serve_tile() -> Response:
    """Serve the tile for app launchers (215 × 215 px PNG, as Microsoft Entra requires)."""
    settings = get_context().settings
    logo = settings.brand_logo or ""
    content = _tile(settings.brand_color, build_brand(settings).monogram, logo, current_app.static_folder or "")
    response = Response(content, mimetype="image/png")
    # It also stands in mails, which webmail shows on a site of its own.
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return _cached(response)


@cache
def _tile(color: str, monogram: str, logo: str, static_folder: str) -> bytes:
    from portal.images import tile  # noqa: PLC0415 - keeps the image decoders out of web processes

    accent = palette.build_light_accent(color)
    return tile.render_tile(
        fill=accent.fill,
        ink=accent.on_fill,
        character=monogram,
        logo=_logo_file(logo, static_folder),
    )


def _logo_file(logo: str, static_folder: str) -> bytes | None:
    """Return the bytes of the logo, None if there is none or it cannot be read."""
    if logo.startswith("data:"):
        kind, _, data = logo.partition(",")
        try:
            return b64decode(data, validate=True) if kind.endswith(";base64") else None
        except binascii.Error:
            return None
    path = safe_join(static_folder, logo.removeprefix("/static/"))
    found = Path(path) if logo and path else None
    return found.read_bytes() if found and found.is_file() else None


def _cached(response: Response) -> Response:
    """Allow caching for a year if the URL names the version, else require revalidation."""
    response.cache_control.public = True
    if request.args.get("v"):
        response.cache_control.max_age = 31_536_000
        response.cache_control.immutable = True
    else:
        response.cache_control.no_cache = True
    response.add_etag()
    response.make_conditional(request)
    return response
