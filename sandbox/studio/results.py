"""What comes after the photos are in: progress, then the gallery with its ratings and one favourite."""

from __future__ import annotations

from dataclasses import dataclass

from flask import jsonify, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response as Answer

from sandbox.studio.access import open_session
from sandbox.studio.responses import allow_pictures, wants_json
from sandbox.studio_store import StudioModel, StudioPhoto, StudioStore, UnknownStudioItem

STAGES = ("Photos received", "Learning your features", "Taking your portraits", "Ready")


@dataclass(frozen=True)
class Stage:
    """How far along, for people: *reached* indexes STAGES."""

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


def stage_of(status: str) -> Stage:
    """What to say about *status*; a status we do not know is work going on."""
    return _BY_STATUS.get(status, _GENERATING)


class ResultPages:
    """Progress and results."""

    def __init__(self, store: StudioStore) -> None:
        self._store = store

    def progress(self, token: str) -> Answer:
        """Where the work stands; refreshes itself with or without a script."""
        model = open_session(self._store, token)
        if model.status in ("onboarding", "active"):
            return redirect(url_for("studio.home", token=token), 303)
        return make_response(
            render_template(
                "studio/progress.html",
                token=token,
                status=model.status,
                stages=STAGES,
                stage=stage_of(model.status),
            )
        )

    def status(self, token: str) -> Answer:
        """What the progress page polls: the same fragment, and where to go once the work is done."""
        model = open_session(self._store, token)
        finished = model.status in ("onboarding", "active")
        return jsonify(
            status=model.status,
            html=render_template("studio/_progress.html", stages=STAGES, stage=stage_of(model.status)),
            next=url_for("studio.home", token=token) if finished else None,
        )

    def results(self, token: str) -> Answer:
        """The gallery; a POST rates a photo, picks the favourite or takes the pick back."""
        model = open_session(self._store, token)
        if model.status != "active":
            return redirect(url_for("studio.home", token=token), 303)
        if request.method == "GET":
            return self._gallery(token, model)
        photo_id = request.form.get("photo", "")
        self._apply(model, photo_id, request.form.get("act", ""))
        if not wants_json():
            return redirect(url_for("studio.results", token=token, photo=photo_id), 303)
        now = open_session(self._store, token)
        liked = {photo.id: photo.liked_status for photo in self._store.list_photos(model.id)}
        return jsonify(favourite=now.favorite_photo_id, liked=liked.get(photo_id, "none"))

    def _gallery(self, token: str, model: StudioModel) -> Answer:
        photos = self._store.list_photos(model.id)
        allow_pictures(address for photo in photos for address in (photo.thumbnail_url, photo.main_url))
        wanted = request.args.get("photo") or model.favorite_photo_id
        shown = next((photo for photo in photos if photo.id == wanted), photos[0] if photos else None)
        return make_response(
            render_template("studio/results.html", token=token, model=model, photos=photos, shown=shown)
        )

    def _apply(self, model: StudioModel, photo_id: str, act: str) -> None:
        photo = self._photo(model, photo_id)
        if act == "favourite":
            self._store.select_favorite(model.id, photo_id)
        elif act == "clear":
            self._store.clear_favorite(model.id)
        elif act in ("liked", "loved"):
            # The same button a second time takes the rating back.
            rating = "none" if photo.liked_status == act else act
            self._store.set_liked(model.id, photo_id, rating)
        else:
            raise BadRequest("Choose a photo and what to do with it.")

    def _photo(self, model: StudioModel, photo_id: str) -> StudioPhoto:
        for photo in self._store.list_photos(model.id):
            if photo.id == photo_id:
                return photo
        raise UnknownStudioItem(photo_id)
