"""Pages anybody may read: the front door and what happens with the photos."""

from __future__ import annotations

from flask import Blueprint, render_template

from portal.web import terms

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
def landing() -> str:
    """What this is, and the way in."""
    return render_template("pages/landing.html")


@blueprint.get("/privacy")
def privacy() -> str:
    """What is stored, why, where and how long."""
    return render_template("pages/privacy.html", policy=terms.policy(), retention=terms.retention())
