"""One entry of the roster: its mails with what became of them, the marks an admin can set, and deleting it."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from portal.domain.errors import BadInput, NotFound
from portal.models import campaigns, notifications, roster
from portal.models.roster import RosterEntry
from portal.services import roster_deletion, roster_marks
from portal.web.context import get_context
from portal.web.security.access import get_current_person

blueprint = Blueprint("roster_entry", __name__, url_prefix="/admin/roster/entries")


@blueprint.get("/<uuid:entry_id>")
def show_entry(entry_id: UUID) -> str:
    """Show an entry with the mails of its campaigns."""
    entry = _get_entry(entry_id)
    return render_template(
        "admin/roster_entry.html",
        entry=entry,
        campaign=campaigns.find_campaign(entry.campaign_id) if entry.campaign_id else None,
        mails=notifications.list_of_entry(entry_id),
    )


@blueprint.post("/<uuid:entry_id>")
def mark_entry(entry_id: UUID) -> Response:
    """Set or remove one mark: muted, bounced or left."""
    _get_entry(entry_id)
    actor_id, now = get_current_person().id, get_context().clock()
    is_set = request.form.get("set") == "1"
    match request.form.get("mark"):
        case "muted":
            roster_marks.set_muted(entry_id, is_muted=is_set, actor_id=actor_id, now=now)
        case "bounced":
            roster_marks.set_bounced(entry_id, is_bounced=is_set, actor_id=actor_id, now=now)
        case "left":
            roster_marks.set_left(entry_id, has_left=is_set, actor_id=actor_id, now=now)
        case _:
            raise BadInput
    return redirect(url_for("roster_entry.show_entry", entry_id=entry_id), 303)


@blueprint.get("/<uuid:entry_id>/delete")
def show_deletion(entry_id: UUID) -> Response | str:
    """Show what is deleted with an entry, and ask for confirmation; a person who signed in is erased instead."""
    entry = _get_entry(entry_id)
    if entry.person_id is not None:
        return redirect(url_for("person.show_erasure", person_id=entry.person_id), 303)
    return render_template("admin/roster_delete.html", entry=entry)


@blueprint.post("/<uuid:entry_id>/delete")
def delete_entry(entry_id: UUID) -> Response:
    """Delete an entry whose person never signed in."""
    _get_entry(entry_id)
    roster_deletion.delete_entry(entry_id, actor_id=get_current_person().id, now=get_context().clock())
    flash(_("The person was deleted from the roster. Nothing about them is left."), "good")
    return redirect(url_for("roster.show_roster"), 303)


def _get_entry(entry_id: UUID) -> RosterEntry:
    entry = roster.find_entry(entry_id)
    if entry is None:
        raise NotFound
    return entry
