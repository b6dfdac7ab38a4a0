"""The company's looks on every page: name, mark, accent colours, and what the frame of each page is given."""

from __future__ import annotations

import binascii
import hashlib
from base64 import b64decode
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, current_app, g, render_template, request, url_for
from flask_babel import get_locale
from werkzeug.security import safe_join

from portal.presentation import palette
from portal.presentation.palette import Accent
from portal.settings import Settings
from portal.web.context import portal_context

blueprint = Blueprint("brand", __name__)

ICONS = frozenset({"favicon", "favicon-ready"})


@dataclass(frozen=True)
class Brand:
    """What the pages show of the company.

    Attributes:
        monogram: one letter, drawn where there is no logo.
        version: changes with the colours, so that browsers may keep the stylesheet.
    """

    name: str
    monogram: str
    logo: str | None
    support_email: str | None
    version: str


def brand_of(settings: Settings) -> Brand:
    """Return the brand these settings describe."""
    name = settings.brand_name
    monogram = next((letter for letter in name if letter.isalnum()), "H").upper()
    version = hashlib.sha256(stylesheet_text(settings.brand_color).encode()).hexdigest()[:10]
    return Brand(name, monogram, settings.brand_logo, settings.support_email, version)


@blueprint.app_context_processor
def frame() -> dict[str, Any]:
    """Give every template what the frame around its content needs."""
    locale = get_locale()
    return {
        "brand": brand_of(portal_context().settings),
        "viewer": g.get("person"),
        "page_lang": str(locale).replace("_", "-") if locale else "en",
        "page_dir": locale.text_direction if locale else "ltr",
        "asset": asset,
    }


@blueprint.app_template_global("plain_accent")
@cache
def plain_accent(color: str) -> Accent:
    """Return the accent for where no stylesheet of ours reaches, such as a mail: a light ground."""
    return palette.light(color)


@blueprint.app_template_filter("initials")
def initials(name: str) -> str:
    """Return the one or two letters a person is drawn with where there is no picture."""
    words = [word for word in name.split() if word[0].isalnum()]
    if not words:
        return "?"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


def asset(filename: str) -> str:
    """Return the address of a static file; its path names the version of all of them."""
    return url_for("static", filename=filename)


@blueprint.get("/brand.css")
def stylesheet() -> Response:
    """The accent colours as custom properties; public, and kept by browsers for a year."""
    response = Response(stylesheet_text(portal_context().settings.brand_color), mimetype="text/css")
    return _kept(response)


@blueprint.get("/icons/<name>.svg")
def icon(name: str) -> Response:
    """The tab's icon: the monogram on the accent, with a dot when photos wait to be chosen."""
    if name not in ICONS:
        abort(404)
    settings = portal_context().settings
    accent = palette.light(settings.brand_color)
    svg = render_template(
        "components/favicon.svg", letter=brand_of(settings).monogram, accent=accent, ready=name != "favicon"
    )
    return _kept(Response(svg, mimetype="image/svg+xml"))


@blueprint.get("/brand/tile.png")
def launcher_tile() -> Response:
    """The picture for the tile in a company's app launcher, of the size those ask for."""
    settings = portal_context().settings
    logo = settings.brand_logo or ""
    content = _tile(settings.brand_color, brand_of(settings).monogram, logo, current_app.static_folder or "")
    return _kept(Response(content, mimetype="image/png"))


@cache
def _tile(color: str, letter: str, logo: str, static_folder: str) -> bytes:
    from portal.images import tile  # noqa: PLC0415 - web processes do without the decoders otherwise

    accent = palette.light(color)
    return tile.render_tile(
        fill=accent.fill, ink=accent.on_fill, character=letter, logo=_logo_file(logo, static_folder)
    )


def _logo_file(logo: str, static_folder: str) -> bytes | None:
    """Return the bytes of the logo, None where there is none to read."""
    if logo.startswith("data:"):
        kind, _, data = logo.partition(",")
        try:
            return b64decode(data, validate=True) if kind.endswith(";base64") else None
        except binascii.Error:
            return None
    path = safe_join(static_folder, logo.removeprefix("/static/"))
    found = Path(path) if logo and path else None
    return found.read_bytes() if found and found.is_file() else None


@cache
def stylesheet_text(color: str) -> str:
    """Return the stylesheet of a brand color: one pair of light and dark for each part of the accent."""
    light, dark = palette.light(color), palette.dark(color)
    properties = "".join(
        f"--accent-{name.replace('_', '-')}:light-dark({getattr(light, name)},{getattr(dark, name)});"
        for name in Accent.__dataclass_fields__
    )
    return f":root{{{properties}}}\n"


def _kept(response: Response) -> Response:
    """Let caches keep this for a year where the address names its version, else ask each time."""
    response.cache_control.public = True
    if request.args.get("v"):
        response.cache_control.max_age = 31_536_000
        response.cache_control.immutable = True
    else:
        response.cache_control.no_cache = True
    response.add_etag()
    response.make_conditional(request)
    return response
