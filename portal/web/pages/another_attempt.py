"""What a person can do whom none of the photos resembles: request another session, use an own photo, get help."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from portal.services import another_attempts, journey
from portal.web.context import get_context
from portal.web.security.access import get_current_person

blueprint = Blueprint("another_attempt", __name__)


@blueprint.get("/headshots/another")
def show_question() -> Response | str:
    """Show what the person can do; after a withdrawal their page shows it."""
    person, context = get_current_person(), get_context()
    if journey.get_journey(person).is_withdrawn:
        return redirect(url_for("headshots.show_my_page"), 303)
    attempt = another_attempts.get_attempt_state(person.id, settings=context.settings, now=context.clock())
    has_own_photos = context.settings.own_photos != "off"
    return render_template("gallery/another.html", attempt=attempt, has_own_photos=has_own_photos)


@blueprint.post("/headshots/another")
def request_attempt() -> Response:
    """Request another session, which an admin grants."""
    context = get_context()
    another_attempts.request_attempt(get_current_person(), settings=context.settings, now=context.clock())
    flash(_("You asked for another session. Your admins decide, and this page shows it."), "good")
    return redirect(url_for("headshots.show_my_page"), 303)
