"""The gallery of finished photos and the choice of one; ``photos.py`` serves the files."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.domain.errors import BadInput, NotReady
from portal.presentation.consent_texts import build_use_agreement
from portal.services import gallery
from portal.web.context import get_context
from portal.web.pages.gallery_view import GalleryView
from portal.web.security.access import get_current_person

blueprint = Blueprint("gallery", __name__)


@blueprint.get("/headshots/gallery")
def show_gallery() -> str:
    """Show all photos as a strip, one large or two side by side."""
    try:
        opened = gallery.get_gallery(get_current_person())
    except NotReady:
        return render_template("gallery/empty.html")
    if not opened.photos:
        return render_template("gallery/empty.html")
    view = GalleryView(opened, photo=request.args.get("photo"), compare=request.args.get("compare"))
    return render_template("gallery/show.html", view=view, photos=opened.photos)


@blueprint.post("/headshots/choice")
def choose_photo() -> Response:
    """Choose a photo as the person's headshot; a later choice replaces it."""
    try:
        photo_id = UUID(request.form.get("photo", ""))
    except ValueError:
        raise BadInput from None
    context = get_context()
    agreement = build_use_agreement(company=context.settings.brand_name)
    gallery.choose_photo(get_current_person(), photo_id, agreement=agreement, now=context.clock())
    return redirect(url_for("headshots.show_my_page"), 303)
