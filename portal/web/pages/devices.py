"""What belongs to a person's account here: where they are signed in, and ending that."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from portal.domain.devices import parse_user_agent
from portal.services import sessions
from portal.web.context import portal_context
from portal.web.security.access import get_current_person
from portal.web.security.sessions import get_current_session

blueprint = Blueprint("account", __name__, url_prefix="/account")


@blueprint.app_template_global("device_words")
def device_words(user_agent: str | None) -> str:
    """Return what somebody signed in with, in a few words."""
    device = parse_user_agent(user_agent)
    if device.browser and device.system:
        return str(_("%(browser)s on %(system)s", browser=device.browser, system=device.system))
    named: str = device.browser or device.system or _("Unknown device")
    return named


@blueprint.get("/sessions")
def show_sessions() -> str:
    """Where the person is signed in."""
    now = portal_context().clock()
    found = sessions.list_active(get_current_person(), now)
    return render_template("account/sessions.html", sessions=found, here=get_current_session().public_id, now=now)


@blueprint.post("/sessions/<uuid:public_id>/end")
def end_session(public_id: UUID) -> Response:
    """End one of the person's own sign-ins; ending this very one is signing out here."""
    person, here = get_current_person(), get_current_session()
    is_this_one = public_id == here.public_id
    sessions.end_session(person.id, public_id, actor=person, now=portal_context().clock())
    if is_this_one:
        here.clear_session()
        g.person = None
        return redirect("/", 303)
    flash(_("That sign-in was ended."), "good")
    return redirect(url_for("account.show_sessions"), 303)


@blueprint.post("/sessions/end-others")
def end_other_sessions() -> Response:
    """End all of the person's sign-ins but this one."""
    person, row = get_current_person(), get_current_session().row
    assert row is not None  # noqa: S101 - the access list lets only signed-in people come here
    ended = sessions.end_sessions(person.id, actor=person, now=portal_context().clock(), but=row.token_hash)
    said = ngettext("%(num)s other sign-in was ended.", "%(num)s other sign-ins were ended.", ended)
    flash(said if ended else _("There was no other sign-in any more."), "good")
    return redirect(url_for("account.show_sessions"), 303)
