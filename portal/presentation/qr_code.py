"""QR codes as inline SVG. Only addresses that require a sign-in may be encoded."""

from __future__ import annotations

import segno
from markupsafe import Markup

# Scanners need a white border, on a dark page too.
_BORDER = 4


def render_qr_code(address: str) -> Markup:
    """Return the code as inline SVG without styles, as the Content-Security-Policy requires."""
    code = segno.make(address, error="m", micro=False)
    svg = code.svg_inline(border=_BORDER, dark="#000", light="#fff", omitsize=True, svgclass="qr-code", lineclass=None)
    return Markup(svg)  # noqa: S704  # nosec B704  # drawn from modules, no text of the address is in it
