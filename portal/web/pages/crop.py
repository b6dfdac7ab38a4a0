"""The crop page: the square of a photo, by mouse, touch, keyboard or plain number fields."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from portal.domain.crops import Crop, CropInvalid
from portal.domain.errors import BadInput, NotFound
from portal.models import choices, photos
from portal.models.photos import Photo
from portal.services import crops
from portal.web.context import get_context
from portal.web.security.access import get_current_person

blueprint = Blueprint("crop", __name__)


@blueprint.get("/headshots/crop")
def show_crop() -> str:
    """Show the crop of a photo, by default of the headshot."""
    photo = _find_photo(request.args.get("photo"))
    return render_template("gallery/crop.html", photo=photo, crop=photo.crop)


@blueprint.post("/headshots/crop")
def update_crop() -> AnyResponse:
    """Set the crop in percent of the picture, or go back to the automatic one."""
    photo = _find_photo(request.form.get("photo"))
    crop = None if "automatic" in request.form else _read_crop()
    try:
        crops.set_crop(get_current_person(), photo.id, crop, now=get_context().clock())
    except CropInvalid:
        raise BadInput from None
    flash(_("Your crop is saved."), "good")
    return redirect(url_for("headshots.show_my_page"), 303)


def _read_crop() -> Crop:
    try:
        across, down, size = (float(request.form[name]) / 100 for name in ("x", "y", "size"))
    except (KeyError, ValueError):
        raise BadInput from None
    return Crop(across, down, size)


def _find_photo(photo_id: str | None) -> Photo:
    person = get_current_person()
    try:
        found_id = UUID(photo_id) if photo_id else None
    except ValueError:
        raise NotFound from None
    if found_id is None:
        choice = choices.find_current(person.id)
        found_id = choice.photo_id if choice is not None else None
    photo = photos.find_for_person(found_id, person.id) if found_id is not None else None
    if photo is None:
        raise NotFound
    return photo
