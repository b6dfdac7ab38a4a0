"""Public pages: landing and privacy, and the short links of mails, posters and the intranet."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal.presentation import consent_texts, privacy_texts, retention_messages
from portal.web.context import get_context

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
def show_landing() -> str:
    """Show the landing page."""
    settings = get_context().settings
    return render_template("pages/landing.html", public_url=settings.public_url, has_studio=settings.has_studio)


@blueprint.get("/privacy")
def show_privacy() -> str:
    """Show what is stored, why, where and how long."""
    portal = get_context()
    settings, studio = portal.settings, portal.brand.name
    texts, periods = portal.texts.get_texts(), settings.retention
    lifetime = max(settings.session_lifetimes.usual.absolute, settings.session_lifetimes.admin.absolute)
    return render_template(
        "pages/privacy.html",
        words=privacy_texts.build_privacy_texts(settings, texts, studio=studio),
        policy=consent_texts.build_policy(
            company=settings.brand_name, studio=portal.brand, periods=periods, texts=texts
        ),
        retention=retention_messages.list_retention_terms(
            studio=studio, periods=periods, session_hours=lifetime // timedelta(hours=1)
        ),
    )


@blueprint.get("/continue")
def redirect_to_start() -> Response:
    """Redirect a short link to the intranet link, which signs in."""
    return redirect(url_for("auth.start"), 303)


@blueprint.get("/gallery")
def redirect_to_gallery() -> Response:
    """Redirect a short link to the person's gallery."""
    return redirect(url_for("gallery.show_gallery"), 303)


@blueprint.get("/choose")
def redirect_to_choice() -> Response:
    """Redirect a short link to the page where a headshot is chosen."""
    return redirect(url_for("gallery.show_gallery"), 303)
