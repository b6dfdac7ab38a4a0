"""A person's account: the list of their sessions, and ending them."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from portal.presentation import formatting
from portal.presentation.plurals import format_plural as ngettext
from portal.services import sessions
from portal.services.gallery import find_chosen_photo
from portal.web.context import get_context
from portal.web.security.access import get_current_person
from portal.web.security.sessions import get_current_session

blueprint = Blueprint("account", __name__, url_prefix="/account")
blueprint.add_app_template_global(formatting.format_device, "format_device")
blueprint.add_app_template_global(find_chosen_photo, "find_chosen_photo")


@blueprint.get("/sessions")
def show_sessions() -> str:
    """List the person's sessions."""
    context = get_context()
    now = context.clock()
    found = sessions.list_active(get_current_person(), now, context.settings.session_lifetimes)
    return render_template("account/sessions.html", sessions=found, current_id=get_current_session().public_id, now=now)


@blueprint.post("/sessions/<uuid:public_id>/end")
def end_session(public_id: UUID) -> Response:
    """End one of the person's sessions; ending the current one signs out."""
    person, session = get_current_person(), get_current_session()
    is_current = public_id == session.public_id
    sessions.end_session(person.id, public_id, actor=person, now=get_context().clock())
    if is_current:
        session.clear_session()
        g.person = None
        return redirect("/", 303)
    flash(_("That device is signed out."), "good")
    return redirect(url_for("account.show_sessions"), 303)


@blueprint.post("/sessions/end-others")
def end_other_sessions() -> Response:
    """End all of the person's sessions except the current one."""
    person, row = get_current_person(), get_current_session().row
    assert row is not None  # noqa: S101 - the access list requires a session for this route
    ended = sessions.end_sessions(person.id, actor=person, now=get_context().clock(), but=row.token_hash)
    message = ngettext("%(num)s other device is signed out.", "%(num)s other devices are signed out.", ended)
    flash(message if ended else _("No other device was signed in."), "good")
    return redirect(url_for("account.show_sessions"), 303)
