"""The console's list of people, the page of one person, their sessions, and deactivation."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from portal.domain.roles import Role
from portal.domain.stages import Stage
from portal.models.people_list import PeopleFilter
from portal.services import people, people_list, sessions
from portal.web.context import get_context
from portal.web.paging import person_after
from portal.web.security.access import get_current_person

blueprint = Blueprint("people", __name__, url_prefix="/admin/people")

_STAGES = (people_list.STUCK, *Stage)
_ROLES = tuple(Role)
_MAX_SEARCH_LENGTH = 100


@blueprint.get("")
def show_people() -> str:
    """List people, filtered by name, stage and role."""
    text = request.args.get("q", "").strip()[:_MAX_SEARCH_LENGTH].replace("\0", "")
    stage, role = request.args.get("stage"), request.args.get("role")
    filters = {
        "q": text or None,
        "stage": stage if stage in _STAGES else None,
        "role": role if role in _ROLES else None,
    }
    portal = get_context()
    page = people_list.list_people(
        PeopleFilter(search=filters["q"], role=filters["role"]),
        now=portal.clock(),
        stage=filters["stage"],
        after=person_after(),
    )
    teams = frozenset(portal.settings.team_managers)
    return render_template("admin/people.html", page=page, filters=filters, stages=_STAGES, roles=_ROLES, teams=teams)


@blueprint.get("/<uuid:person_id>")
def show_person(person_id: UUID) -> str:
    """Show one person: photo session, timeline and sessions."""
    detail = people_list.get_person_detail(person_id, get_context().clock())
    return render_template("admin/person.html", detail=detail)


@blueprint.post("/<uuid:person_id>/sessions/<uuid:public_id>/end")
def end_session(person_id: UUID, public_id: UUID) -> Response:
    """End one of the person's sessions."""
    sessions.end_session(person_id, public_id, actor=get_current_person(), now=get_context().clock())
    flash(_("That sign-in was ended."), "good")
    return _back_to(person_id)


@blueprint.post("/<uuid:person_id>/sessions/end")
def end_sessions(person_id: UUID) -> Response:
    """End all of the person's sessions."""
    ended = sessions.end_sessions(person_id, actor=get_current_person(), now=get_context().clock())
    message = ngettext("%(num)s sign-in was ended.", "%(num)s sign-ins were ended.", ended)
    flash(message if ended else _("They were not signed in any more."), "good")
    return _back_to(person_id)


@blueprint.get("/<uuid:person_id>/deactivate")
def show_deactivation(person_id: UUID) -> str:
    """Ask for confirmation before deactivating."""
    return render_template(
        "admin/deactivate.html", detail=people_list.get_person_detail(person_id, get_context().clock())
    )


@blueprint.post("/<uuid:person_id>/deactivate")
def deactivate_person(person_id: UUID) -> Response:
    """Deactivate the person: no session and no sign-in."""
    people.deactivate_person(person_id, actor=get_current_person(), now=get_context().clock())
    flash(_("This person is out and cannot sign in any more."), "good")
    return _back_to(person_id)


@blueprint.get("/<uuid:person_id>/reactivate")
def show_reactivation(person_id: UUID) -> str:
    """Ask for confirmation before reactivating."""
    return render_template(
        "admin/reactivate.html", detail=people_list.get_person_detail(person_id, get_context().clock())
    )


@blueprint.post("/<uuid:person_id>/reactivate")
def reactivate_person(person_id: UUID) -> Response:
    """Reactivate the person, who can sign in again."""
    people.reactivate_person(person_id, actor=get_current_person(), now=get_context().clock())
    flash(_("This person can sign in again."), "good")
    return _back_to(person_id)


def _back_to(person_id: UUID) -> Response:
    return redirect(url_for("people.show_person", person_id=person_id), 303)
