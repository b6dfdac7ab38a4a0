"""The gallery of finished photos and the choice of one; ``photos.py`` serves the files."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.domain.company_texts import PublishedTexts
from portal.domain.consent import UseAgreement
from portal.domain.errors import BadInput, NotFound, NotReady, PolicyChanged
from portal.models import photos
from portal.models.people import Person
from portal.presentation.consent_texts import build_use_agreement
from portal.services import gallery, journey, mirroring, photo_marks
from portal.services.gallery import Gallery
from portal.web.context import get_context
from portal.web.pages.gallery_view import ComparisonView, GalleryView
from portal.web.pages.mark_input import parse_form_mark, parse_json_marks, parse_position
from portal.web.security.access import get_current_person

blueprint = Blueprint("gallery", __name__)


@blueprint.get("/headshots/gallery")
def show_gallery() -> Response | str:
    """Show one photo large beside all others, all as a grid, or up to four side by side."""
    person = get_current_person()
    if journey.get_journey(person).is_withdrawn and not photos.list_own(person.id):
        return redirect(url_for("headshots.show_my_page"), 303)
    opened = _find_gallery(person)
    if opened is None:
        return render_template("gallery/empty.html")
    agreement = _build_agreement(get_context().texts.get_texts())
    comparison = ComparisonView(opened, request.args.getlist("compare"))
    if comparison.photos:
        return render_template("gallery/compare.html", view=comparison, agreement=agreement)
    view = GalleryView(
        opened,
        photo=request.args.get("photo"),
        filter_name=request.args.get("filter"),
        is_grid=request.args.get("view") == "grid",
    )
    return render_template(
        "gallery/show.html",
        view=view,
        photos=opened.photos,
        agreement=agreement,
    )


def _build_agreement(texts: PublishedTexts) -> UseAgreement:
    context = get_context()
    settings = context.settings
    return build_use_agreement(
        company=settings.brand_name, studio=context.brand, periods=settings.retention, texts=texts
    )


def _find_gallery(person: Person) -> Gallery | None:
    try:
        return gallery.get_gallery(person)
    except NotReady:
        return None


@blueprint.post("/headshots/photos/retry")
def retry_photos() -> Response:
    """Try again to copy the photos that were given up; without a finished session nothing changes."""
    person = get_current_person()
    with suppress(NotReady):
        mirroring.retry_missing(person.id, actor_id=person.id, now=get_context().clock())
    return redirect(url_for("headshots.show_my_page"), 303)


@blueprint.post("/headshots/choice")
def choose_photo() -> Response:
    """Choose a photo as the person's headshot; a later choice replaces it. A script gets JSON and stays on its page."""
    try:
        photo_id = UUID(request.form.get("photo", ""))
    except ValueError:
        raise BadInput from None
    context = get_context()
    agreement = _build_agreement(context.texts.refresh_texts())
    if request.form.get("agreement", agreement.sha256) != agreement.sha256:
        # The sentence beside the button was another one.
        raise PolicyChanged
    choice = gallery.choose_photo(get_current_person(), photo_id, agreement=agreement, now=context.clock())
    if _is_json_preferred():
        undo = url_for("gallery.revoke_choice", choice_id=choice.id)
        return jsonify(chosen=str(choice.photo_id), undo=undo)
    flash(str(choice.id), "undo")
    return redirect(url_for("headshots.show_my_page"), 303)


def _is_json_preferred() -> bool:
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


@blueprint.post("/headshots/choice/<uuid:choice_id>/undo")
def revoke_choice(choice_id: UUID) -> Response:
    """Take one choice back; the one before it counts again."""
    earlier = gallery.revoke_choice(get_current_person(), choice_id, now=get_context().clock())
    if _is_json_preferred():
        return jsonify(chosen=str(earlier.photo_id) if earlier is not None else None)
    return redirect(url_for("gallery.show_gallery"), 303)


@blueprint.post("/headshots/choice/withdraw")
def withdraw_choice() -> Response:
    """Take the headshot back: no photo of the person is used until they choose again."""
    gallery.withdraw_choice(get_current_person(), now=get_context().clock())
    return redirect(url_for("headshots.show_my_page"), 303)


@blueprint.post("/headshots/marks")
def store_marks() -> Response:
    """Store marks: one from a form, or several as JSON from a page that may have been offline."""
    now = get_context().clock()
    if not request.is_json:
        act = parse_form_mark(request.form, now)
        if photo_marks.store_marks(get_current_person(), [act], now=now).missing:
            raise NotFound
        return redirect(url_for("gallery.show_gallery") + parse_position(request.form), 303)
    outcome = photo_marks.store_marks(get_current_person(), parse_json_marks(request.get_json(), now), now=now)
    return jsonify(
        marks={str(photo_id): str(mark) for photo_id, mark in outcome.marks.items()},
        overruled=[str(photo_id) for photo_id in outcome.overruled],
        missing=[str(photo_id) for photo_id in outcome.missing],
    )
