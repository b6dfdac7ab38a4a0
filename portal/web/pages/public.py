"""Pages anybody may read: the front door and what happens with the photos."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal.web.pages import policy_texts

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
def landing() -> str:
    """What this is, and the way in."""
    return render_template("pages/landing.html")


@blueprint.get("/privacy")
def privacy() -> str:
    """What is stored, why, where and how long."""
    return render_template("pages/privacy.html", policy=policy_texts.policy(), retention=policy_texts.retention())


@blueprint.get("/continue")
def resume() -> Response:
    """Like its two neighbours, a short address for mails, posters and the intranet that stays when pages move."""
    return redirect(url_for("auth.start"), 303)


@blueprint.get("/gallery")
def gallery() -> Response:
    """To the person's own gallery."""
    return redirect(url_for("gallery.show"), 303)


@blueprint.get("/choose")
def choose() -> Response:
    """To where a headshot is chosen."""
    return redirect(url_for("gallery.show"), 303)
