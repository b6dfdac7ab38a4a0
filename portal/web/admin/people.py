"""The console's people: where each of them stands and is signed in, and keeping somebody out."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from portal.domain.roles import Role
from portal.domain.stages import Stage
from portal.models.people_list import Filter
from portal.services import people, people_list, sessions
from portal.web.context import portal_context
from portal.web.paging import person_after
from portal.web.security.access import get_current_person

blueprint = Blueprint("people", __name__, url_prefix="/admin/people")

_STAGES = (people_list.STUCK, *Stage)
_ROLES = tuple(Role)
_LONGEST_WORDS = 100


@blueprint.get("")
def show_all() -> str:
    """Everybody, or those whose name, stage or role is asked for."""
    words = request.args.get("q", "").strip()[:_LONGEST_WORDS].replace("\0", "")
    stage, role = request.args.get("stage"), request.args.get("role")
    asked = {"q": words or None, "stage": stage if stage in _STAGES else None, "role": role if role in _ROLES else None}
    portal = portal_context()
    page = people_list.look(
        Filter(words=asked["q"], role=asked["role"]), now=portal.clock(), stage=asked["stage"], after=person_after()
    )
    teams = frozenset(portal.settings.team_managers)
    return render_template("admin/people.html", page=page, asked=asked, stages=_STAGES, roles=_ROLES, teams=teams)


@blueprint.get("/<uuid:person_id>")
def show_one(person_id: UUID) -> str:
    """One person: what is known of their way, and where they are signed in."""
    return render_template("admin/person.html", dossier=people_list.dossier(person_id, portal_context().clock()))


@blueprint.post("/<uuid:person_id>/sessions/<uuid:public_id>/end")
def end_session(person_id: UUID, public_id: UUID) -> Response:
    """End one of their sign-ins."""
    sessions.end_session(person_id, public_id, actor=get_current_person(), now=portal_context().clock())
    flash(_("That sign-in was ended."), "good")
    return _back_to(person_id)


@blueprint.post("/<uuid:person_id>/sessions/end")
def end_sessions(person_id: UUID) -> Response:
    """End all of their sign-ins."""
    ended = sessions.end_sessions(person_id, actor=get_current_person(), now=portal_context().clock())
    said = ngettext("%(num)s sign-in was ended.", "%(num)s sign-ins were ended.", ended)
    flash(said if ended else _("They were not signed in any more."), "good")
    return _back_to(person_id)


@blueprint.get("/<uuid:person_id>/deactivate")
def ask_deactivate(person_id: UUID) -> str:
    """Say what deactivating means, before it is done."""
    return render_template("admin/deactivate.html", dossier=people_list.dossier(person_id, portal_context().clock()))


@blueprint.post("/<uuid:person_id>/deactivate")
def deactivate(person_id: UUID) -> Response:
    """Keep the person out from now on."""
    people.deactivate_person(person_id, actor=get_current_person(), now=portal_context().clock())
    flash(_("This person is out and cannot sign in any more."), "good")
    return _back_to(person_id)


@blueprint.get("/<uuid:person_id>/reactivate")
def ask_reactivate(person_id: UUID) -> str:
    """Say what reactivating means, before it is done."""
    return render_template("admin/reactivate.html", dossier=people_list.dossier(person_id, portal_context().clock()))


@blueprint.post("/<uuid:person_id>/reactivate")
def reactivate(person_id: UUID) -> Response:
    """Let the person sign in again."""
    people.reactivate_person(person_id, actor=get_current_person(), now=portal_context().clock())
    flash(_("This person can sign in again."), "good")
    return _back_to(person_id)


def _back_to(person_id: UUID) -> Response:
    return redirect(url_for("people.show_one", person_id=person_id), 303)
