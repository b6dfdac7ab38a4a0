"""Why an uploaded photo was refused and what helps: one sentence for each reason."""

from __future__ import annotations

from flask_babel import gettext as _


def build_refusal(reason: str) -> str:
    """Return the sentence for the reason of a refused photo."""
    sentences: dict[str, str] = {
        "not_a_photo": _("This file isn’t a photo. Use a JPEG, PNG, WebP or HEIC file."),
        "too_many_bytes": _("This file is larger than 30 MB. Use a smaller one."),
        "too_many_pixels": _("This photo has more than 25 megapixels. Use a smaller one."),
        "side_too_long": _("This photo is too long in one direction. Crop it first."),
        "broken": _("This file is damaged or didn’t arrive whole. Upload it again or use another one."),
        "animated": _("This is an animation. Use a still photo."),
        "too_small": _("This photo is too small. Use one with at least 400 × 400 pixels."),
    }
    fallback: str = _("This photo can’t be used. Use another one.")
    return sentences.get(reason, fallback)
