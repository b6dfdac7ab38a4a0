"""Deleting one photo session: a page with its consequences, and the receipt on the person's data page."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.domain.errors import BadInput
from portal.services import session_erasure
from portal.web.context import get_context
from portal.web.security.access import get_current_person

blueprint = Blueprint("session_erasure", __name__, url_prefix="/headshots/data/sessions")

_CHOICES = {"keep": True, "delete": False}


@blueprint.get("/<uuid:shoot_id>/delete")
def show_question(shoot_id: UUID) -> str:
    """Show what is deleted, and ask about the chosen headshot if it is from this session."""
    context = get_context()
    return render_template(
        "my_data/delete_session.html",
        contents=session_erasure.get_contents(get_current_person(), shoot_id),
        studio=context.brand.name,
        company=context.settings.brand_name,
    )


@blueprint.post("/<uuid:shoot_id>/delete")
def erase_session(shoot_id: UUID) -> AnyResponse:
    """Delete the session and show how far that is."""
    person = get_current_person()
    # Raises for another person's session, before the form is judged.
    session_erasure.get_contents(person, shoot_id)
    keeps_headshot = _CHOICES.get(request.form.get("headshot", "keep"))
    if keeps_headshot is None:
        raise BadInput
    session_erasure.request_session_erasure(person, shoot_id, get_context(), keeps_headshot=keeps_headshot)
    return redirect(url_for("my_data.show_my_data", _anchor="deleted"), 303)
