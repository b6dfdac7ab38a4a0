"""The pages after the upload: progress, and the gallery with ratings and one favorite."""

from __future__ import annotations

from dataclasses import dataclass

from flask import jsonify, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response as BaseResponse

from sandbox.studio.access import get_session
from sandbox.studio.responses import allow_image_origins, is_json_preferred
from sandbox.studio_store import StudioModel, StudioPhoto, StudioStore, UnknownStudioItem

STAGES = ("Photos received", "Learning your features", "Taking your portraits", "Ready")


@dataclass(frozen=True)
class Stage:
    """One stage of the progress page. `reached` is an index of STAGES."""

    reached: int
    heading: str
    sentence: str


_BY_STATUS = {
    "waiting": Stage(0, "Your photos have arrived", "Your session is next in line."),
    "pending": Stage(1, "Learning your features", "We are studying the photos you sent."),
    "failed": Stage(1, "This takes a little longer", "One step did not work out, and we are doing it again."),
    "active": Stage(3, "Your portraits are ready", "Have a look and pick the one you like best."),
}
_GENERATING = Stage(2, "Taking your portraits", "Different light, different backdrops, always you.")


def get_stage(status: str) -> Stage:
    """Return the stage of a status. An unknown status counts as in progress."""
    return _BY_STATUS.get(status, _GENERATING)


class ResultPages:
    """The progress and results pages."""

    def __init__(self, store: StudioStore) -> None:
        self._store = store

    def show_progress(self, token: str) -> BaseResponse:
        """Show the progress. Refreshes with or without JavaScript."""
        model = get_session(self._store, token)
        if model.status in ("onboarding", "active"):
            return redirect(url_for("studio.home", token=token), 303)
        return make_response(
            render_template(
                "studio/progress.html",
                token=token,
                status=model.status,
                stages=STAGES,
                stage=get_stage(model.status),
            )
        )

    def get_status(self, token: str) -> BaseResponse:
        """Return the progress fragment for polling, and the next URL once finished."""
        model = get_session(self._store, token)
        finished = model.status in ("onboarding", "active")
        return jsonify(
            status=model.status,
            html=render_template("studio/_progress.html", stages=STAGES, stage=get_stage(model.status)),
            next=url_for("studio.home", token=token) if finished else None,
        )

    def show_results(self, token: str) -> BaseResponse:
        """Show the gallery. A POST rates a photo, sets or clears the favorite."""
        model = get_session(self._store, token)
        if model.status != "active":
            return redirect(url_for("studio.home", token=token), 303)
        if request.method == "GET":
            return self._render_gallery(token, model)
        photo_id = request.form.get("photo", "")
        self._apply(model, photo_id, request.form.get("act", ""))
        if not is_json_preferred():
            return redirect(url_for("studio.results", token=token, photo=photo_id), 303)
        updated = get_session(self._store, token)
        liked = {photo.id: photo.liked_status for photo in self._store.list_photos(model.id)}
        return jsonify(favorite=updated.favorite_photo_id, liked=liked.get(photo_id, "none"))

    def _render_gallery(self, token: str, model: StudioModel) -> BaseResponse:
        photos = self._store.list_photos(model.id)
        allow_image_origins(url for photo in photos for url in (photo.thumbnail_url, photo.main_url))
        shown_id = request.args.get("photo") or model.favorite_photo_id
        shown = next((photo for photo in photos if photo.id == shown_id), photos[0] if photos else None)
        return make_response(
            render_template("studio/results.html", token=token, model=model, photos=photos, shown=shown)
        )

    def _apply(self, model: StudioModel, photo_id: str, act: str) -> None:
        photo = self._get_photo(model, photo_id)
        if act == "favorite":
            self._store.select_favorite(model.id, photo_id)
        elif act == "clear":
            self._store.clear_favorite(model.id)
        elif act in ("liked", "loved"):
            # Repeating the same rating removes it.
            rating = "none" if photo.liked_status == act else act
            self._store.set_liked(model.id, photo_id, rating)
        else:
            raise BadRequest("Choose a photo and what to do with it.")

    def _get_photo(self, model: StudioModel, photo_id: str) -> StudioPhoto:
        for photo in self._store.list_photos(model.id):
            if photo.id == photo_id:
                return photo
        raise UnknownStudioItem(photo_id)
