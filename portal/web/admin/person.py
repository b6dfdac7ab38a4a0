"""What an admin does on one person's page: notes, a look at the chosen headshot, and erasing the person."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse
from werkzeug.wsgi import wrap_file

from portal.db import release_connection
from portal.domain.errors import NotFound, NotOnOwnAccount
from portal.models import people
from portal.models.people import Person
from portal.services import erasure, headshot_views, person_notes
from portal.services.gallery import find_chosen_photo
from portal.web.context import get_context
from portal.web.security.access import get_current_person

blueprint = Blueprint("person", __name__, url_prefix="/admin/people")

_RENDITION = "640.jpg"


@blueprint.post("/<uuid:person_id>/notes")
def create_note(person_id: UUID) -> AnyResponse:
    """Store a note; ``person_id`` may be of an expected person."""
    note_id, text = request.form.get("note_id", type=UUID), request.form.get("text", "")
    person_notes.create_note(person_id, text, note_id=note_id, actor=get_current_person(), now=get_context().clock())
    return _back_to_notes(person_id)


@blueprint.post("/<uuid:person_id>/notes/<uuid:note_id>/delete")
def delete_note(person_id: UUID, note_id: UUID) -> AnyResponse:
    """Delete a note."""
    person_notes.delete_note(person_id, note_id, actor=get_current_person(), now=get_context().clock())
    flash(_("The note was deleted."), "good")
    return _back_to_notes(person_id)


@blueprint.get("/<uuid:person_id>/headshot")
def show_headshot(person_id: UUID) -> str:
    """Show the chosen headshot; the picture's own request is what is audited."""
    person = _get_person(person_id)
    photo = find_chosen_photo(person)
    if photo is None:
        raise NotFound
    return render_template("admin/headshot.html", person=person, photo=photo)


@blueprint.get("/<uuid:person_id>/headshot.jpg")
def serve_headshot(person_id: UUID) -> Response:
    """Serve the chosen headshot to an admin; no copy is kept, so that each look is a request."""
    context = get_context()
    found = headshot_views.open_headshot(person_id, _RENDITION, actor=get_current_person(), now=context.clock())
    release_connection()
    stored = context.storage.open(found.storage_key)
    body = wrap_file(request.environ, stored)
    response = Response(body, content_type=found.content_type, direct_passthrough=True)
    response.call_on_close(stored.close)
    response.content_length = found.size
    response.headers["Cache-Control"] = "no-store"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


@blueprint.get("/<uuid:person_id>/erase")
def show_erasure(person_id: UUID) -> str:
    """Show what is erased, and ask for the person's address as confirmation."""
    return _render_erasure(_get_person(person_id))


@blueprint.post("/<uuid:person_id>/erase")
def erase_person(person_id: UUID) -> AnyResponse | tuple[str, int]:
    """Erase the person, if the address was typed, and show the steps."""
    actor, person = get_current_person(), _get_person(person_id)
    if person.id == actor.id:
        raise NotOnOwnAccount
    if request.form.get("address", "").strip().casefold() != person.email.casefold():
        return _render_erasure(person, is_unconfirmed=True), 400
    receipt_id = erasure.request_erasure(person_id, get_context(), actor_id=actor.id)
    return redirect(url_for("person.show_erasure_steps", erasure_id=receipt_id), 303)


@blueprint.get("/erasures/<uuid:erasure_id>")
def show_erasure_steps(erasure_id: UUID) -> str:
    """Show how far an erasure is."""
    return render_template("admin/erasure.html", receipt=erasure.get_receipt(erasure_id))


def _render_erasure(person: Person, *, is_unconfirmed: bool = False) -> str:
    context = get_context()
    return render_template(
        "admin/erase.html",
        person=person,
        typed=request.form.get("address", ""),
        is_unconfirmed=is_unconfirmed,
        studio=context.brand.name,
        company=context.settings.brand_name,
    )


def _get_person(person_id: UUID) -> Person:
    person = people.find_person(person_id)
    if person is None:
        raise NotFound
    return person


def _back_to_notes(person_id: UUID) -> AnyResponse:
    return redirect(url_for("people.show_person", person_id=person_id, _anchor="notes"), 303)
