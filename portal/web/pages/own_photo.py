"""The page for a photo of one's own: upload, see it made ready, crop and choose it, delete it."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.domain.errors import NotFound
from portal.images.errors import NotAPhoto, PhotoRefused
from portal.models import choices, photos
from portal.presentation.consent_texts import build_use_agreement
from portal.presentation.own_photo_messages import build_refusal
from portal.services import own_photos
from portal.web.context import get_context
from portal.web.security.access import get_current_person

blueprint = Blueprint("own_photo", __name__)


@blueprint.get("/headshots/own-photo")
def show_own_photo() -> str:
    """Show the person's own photos and the form for another one."""
    return _render_page()


@blueprint.post("/headshots/own-photo")
def upload_photo() -> AnyResponse | tuple[str, int]:
    """Store an uploaded photo; a refusal keeps the page with a sentence that helps."""
    file = request.files.get("photo")
    try:
        if file is None:
            raise NotAPhoto
        own_photos.store_upload(get_current_person(), file.read(), context=get_context())
    except PhotoRefused as error:
        name = (file.filename or "") if file is not None else ""
        return _render_page(refusal=build_refusal(error.reason), file_name=name[:120]), 400
    return redirect(url_for("own_photo.show_own_photo"), 303)


@blueprint.post("/headshots/own-photo/<uuid:photo_id>/delete")
def delete_photo(photo_id: UUID) -> AnyResponse:
    """Delete an own photo."""
    own_photos.delete_own_photo(get_current_person(), photo_id, now=get_context().clock())
    return redirect(url_for("own_photo.show_own_photo"), 303)


def _render_page(refusal: str | None = None, file_name: str = "") -> str:
    context = get_context()
    settings = context.settings
    person = get_current_person()
    listed = photos.list_own(person.id)
    takes_uploads = settings.own_photos != "off"
    # Photos from before the setting changed stay visible and can be deleted.
    if not takes_uploads and not listed:
        raise NotFound
    choice = choices.find_current(person.id)
    return render_template(
        "gallery/own_photo.html",
        photos=listed,
        takes_uploads=takes_uploads,
        is_full=len(listed) >= own_photos.MAX_PHOTOS,
        is_rendering=any(photo.copied_at is None and photo.refused is None for photo in listed),
        refusals={photo.id: build_refusal(photo.refused) for photo in listed if photo.refused},
        refusal=refusal,
        file_name=file_name,
        chosen_id=choice.photo_id if choice is not None else None,
        agreement=build_use_agreement(
            company=settings.brand_name,
            periods=settings.retention,
            studio=context.brand,
            texts=context.texts.get_texts(),
        ),
        max_bytes=own_photos.MAX_BYTES,
        has_studio=settings.has_studio,
    )
