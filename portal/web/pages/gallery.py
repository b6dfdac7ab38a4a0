"""Looking at the finished photos and choosing one; the picture files themselves come from elsewhere."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.domain.errors import BadInput, NotReady
from portal.services import gallery
from portal.web.context import portal_context
from portal.web.pages.gallery_view import LightTable
from portal.web.security.access import get_current_person

blueprint = Blueprint("gallery", __name__)


@blueprint.get("/headshots/gallery")
def show() -> str:
    """All photos as a strip, one of them large, or two side by side."""
    try:
        opened = gallery.get_gallery(get_current_person())
    except NotReady:
        return render_template("gallery/empty.html")
    if not opened.photos:
        return render_template("gallery/empty.html")
    table = LightTable(opened, photo=request.args.get("photo"), compare=request.args.get("compare"))
    return render_template("gallery/show.html", table=table, photos=opened.photos)


@blueprint.post("/headshots/choice")
def choose() -> Response:
    """Make one photo the person's headshot; choosing another later is the same act."""
    try:
        photo_id = UUID(request.form.get("photo", ""))
    except ValueError:
        raise BadInput from None
    gallery.choose_photo(get_current_person(), photo_id, now=portal_context().clock())
    return redirect(url_for("headshots.mine"), 303)
