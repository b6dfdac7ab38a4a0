"""The console's acts on one person's account: linking it, using an existing photo session, allowing another one."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from portal.domain.errors import BadInput, NotFound
from portal.models import people
from portal.services import another_attempts, leavers, mirroring, relinking, testers
from portal.web.context import get_context
from portal.web.security.access import get_current_person

blueprint = Blueprint("accounts", __name__, url_prefix="/admin/people")


@blueprint.get("/<uuid:person_id>/relink")
def show_relink(person_id: UUID) -> str:
    """Show both accounts of an address and ask for confirmation."""
    person = people.find_person(person_id)
    pair = relinking.find_pair(person.email) if person is not None else None
    if pair is None:
        raise NotFound
    return render_template("admin/relink.html", pair=pair)


@blueprint.post("/<uuid:person_id>/relink")
def relink_person(person_id: UUID) -> Response:
    """Link the newer account to this person."""
    if people.find_person(person_id) is None:
        raise NotFound
    try:
        newer_id = UUID(request.form.get("newer", ""))
    except ValueError:
        raise BadInput from None
    relinking.relink_person(person_id, newer_id, actor_id=get_current_person().id, now=get_context().clock())
    flash(_("The accounts are linked. The next sign-in opens this one."), "good")
    return redirect(url_for("people.show_person", person_id=person_id), 303)


@blueprint.post("/<uuid:person_id>/adopt")
def adopt_session(person_id: UUID) -> Response:
    """Let the person use the photo session that the provider already has for their address."""
    relinking.adopt_session(person_id, actor_id=get_current_person().id, now=get_context().clock())
    flash(_("The existing photo session will be used."), "good")
    return redirect(url_for("people.show_person", person_id=person_id), 303)


@blueprint.post("/<uuid:person_id>/attempt")
def allow_attempt(person_id: UUID) -> Response:
    """Allow the other photo session that the person requested."""
    another_attempts.allow_attempt(person_id, actor=get_current_person(), now=get_context().clock())
    flash(_("They can start another photo session now."), "good")
    return redirect(url_for("people.show_person", person_id=person_id), 303)


@blueprint.post("/<uuid:person_id>/tester")
def update_tester(person_id: UUID) -> Response:
    """Make the person's next photo sessions test sessions, or real ones again."""
    is_tester = request.form.get("tester") == "1"
    testers.update_tester(person_id, is_tester=is_tester, actor=get_current_person(), now=get_context().clock())
    message = _("Their next photo session is a test.") if is_tester else _("Their next photo session is a real one.")
    flash(message, "good")
    return redirect(url_for("people.show_person", person_id=person_id), 303)


@blueprint.post("/<uuid:person_id>/retry-photos")
def retry_photos(person_id: UUID) -> Response:
    """Try again to copy the photos of the person's shoot that were given up."""
    if people.find_person(person_id) is None:
        raise NotFound
    mirroring.retry_missing(person_id, actor_id=get_current_person().id, now=get_context().clock())
    flash(_("The missing pictures are copied again. That takes a few minutes."), "good")
    return redirect(url_for("people.show_person", person_id=person_id), 303)


@blueprint.post("/<uuid:person_id>/left")
def mark_left(person_id: UUID) -> Response:
    """Mark the person as left, which starts the retention period of their pictures, or take the mark back."""
    has_left = request.form.get("set") == "1"
    actor, now = get_current_person(), get_context().clock()
    try:
        is_in_time = leavers.set_left(person_id, has_left=has_left, actor_id=actor.id, now=now)
    except leavers.AddressOfAnother:
        flash(_("Another account has their address on the roster. Deactivate this one instead."), "warn")
        return redirect(url_for("people.show_person", person_id=person_id), 303)
    if is_in_time:
        flash(_("They’re marked as left.") if has_left else _("They haven’t left. Their pictures stay."), "good")
    else:
        flash(_("They haven’t left any more, but the time was up: their pictures are deleted."), "warn")
    return redirect(url_for("people.show_person", person_id=person_id), 303)
