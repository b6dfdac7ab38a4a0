"""The console's list of people, the page of one person, their sessions, and deactivation."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from portal.domain.retention import LEAVERS_PHOTOS
from portal.models import audit_list, person_notes
from portal.models.audit_list import AuditFilter
from portal.models.people_list import find_row
from portal.presentation import (
    attention_messages,
    audit_messages,
    list_messages,
    retention_messages,
    selection_messages,
)
from portal.presentation.plurals import format_plural as ngettext
from portal.services import people, people_list, people_selection, session_reset, sessions
from portal.web.admin.people_query import FILTER_CHOICES, parse_query
from portal.web.admin.people_views import find_count, list_teams, list_views
from portal.web.context import get_context
from portal.web.paging import parse_after_id
from portal.web.security.access import get_current_person

TIMELINE_ENTRIES = 60

blueprint = Blueprint("people", __name__, url_prefix="/admin/people")


@blueprint.get("")
def show_people() -> str:
    """List people; the address holds filter, order and columns, so that each view is a link."""
    context, after = get_context(), parse_after_id()
    now, query = context.clock(), parse_query(request.args)
    views = list_views(now)
    total = find_count(views, query.filters)
    page = people_list.list_people(
        query.build_filter(), now=now, sort=query.sort, descending=query.descending, after=after, total=total
    )
    return render_template(
        "admin/people.html",
        page=page,
        query=query,
        views=views,
        teams=list_teams(context.settings),
        is_first=after is None,
        messages=list_messages,
        attention=attention_messages,
        actions=people_selection.list_actions(get_current_person()),
        words=selection_messages,
        choices=FILTER_CHOICES,
    )


@blueprint.get("/<uuid:person_id>")
def show_person(person_id: UUID) -> str:
    """Show one person: photo session, timeline and sessions."""
    now = get_context().clock()
    row = find_row(person_id, now=now)
    shown: dict[str, Any] = {
        "list_messages": list_messages,
        "attention": attention_messages,
        "words": selection_messages,
    }
    shown |= {"row": row, "back": parse_query(request.args).replace()}
    shown |= {"notes": person_notes.list_notes(person_id), "listed_id": person_id, "note_id": uuid4()}
    if row is not None and row.listed.person_id is None:
        return render_template("admin/expected.html", **shown)
    detail = people_list.get_person_detail(person_id, get_context())
    entries = audit_list.list_newest(AuditFilter(people=(person_id,)), TIMELINE_ENTRIES)
    shown["leavers_period"] = retention_messages.format_period(get_context().settings.retention[LEAVERS_PHOTOS])
    return render_template("admin/person.html", detail=detail, entries=entries, messages=audit_messages, **shown)


@blueprint.get("/<uuid:person_id>/reset")
def show_reset(person_id: UUID) -> str:
    """Ask for confirmation before resetting the photo session."""
    return render_template("admin/reset.html", detail=people_list.get_person_detail(person_id, get_context()))


@blueprint.post("/<uuid:person_id>/reset")
def reset_session(person_id: UUID) -> Response:
    """Have the photo session deleted at the provider, so that the person can start again."""
    session_reset.request_reset(person_id, actor=get_current_person(), now=get_context().clock())
    flash(_("The session is being deleted at the studio. The person can start again after that."), "good")
    return _back_to(person_id)


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
    flash(message if ended else _("They were no longer signed in."), "good")
    return _back_to(person_id)


@blueprint.get("/<uuid:person_id>/deactivate")
def show_deactivation(person_id: UUID) -> str:
    """Ask for confirmation before deactivating."""
    return render_template("admin/deactivate.html", detail=people_list.get_person_detail(person_id, get_context()))


@blueprint.post("/<uuid:person_id>/deactivate")
def deactivate_person(person_id: UUID) -> Response:
    """Deactivate the person: no session and no sign-in."""
    people.deactivate_person(person_id, actor=get_current_person(), now=get_context().clock())
    flash(_("This person is signed out and can’t sign in anymore."), "good")
    return _back_to(person_id)


@blueprint.get("/<uuid:person_id>/reactivate")
def show_reactivation(person_id: UUID) -> str:
    """Ask for confirmation before reactivating."""
    return render_template("admin/reactivate.html", detail=people_list.get_person_detail(person_id, get_context()))


@blueprint.post("/<uuid:person_id>/reactivate")
def reactivate_person(person_id: UUID) -> Response:
    """Reactivate the person, who can sign in again."""
    people.reactivate_person(person_id, actor=get_current_person(), now=get_context().clock())
    flash(_("This person can sign in again."), "good")
    return _back_to(person_id)


def _back_to(person_id: UUID) -> Response:
    return redirect(url_for("people.show_person", person_id=person_id), 303)
