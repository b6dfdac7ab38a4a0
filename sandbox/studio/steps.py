"""The three steps before processing: profile, photos and confirmation. Each works without JavaScript."""

from __future__ import annotations

import io
import unicodedata

from flask import Response, jsonify, make_response, redirect, render_template, request, url_for
from PIL import Image
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as BaseResponse

from sandbox.studio.access import get_min_photos, get_session
from sandbox.studio.responses import is_json_preferred
from sandbox.studio.upload import MAX_BYTES, MAX_PIXELS
from sandbox.studio.upload_batch import MAX_PHOTOS, UploadResult, store_uploads
from sandbox.studio_store import AlreadyCompleted, OutOfCredits, StudioModel, StudioStore

MAX_REQUEST_BYTES = 200 * 1024 * 1024
MAX_NAME_LENGTH = 80
TRIGGERS = ("female", "male")

_THUMBNAIL = (400, 400)


class StepPages:
    """The pages of the three steps."""

    def __init__(self, store: StudioStore) -> None:
        self._store = store

    def edit_profile(self, token: str) -> BaseResponse:
        """Show and save name and styling."""
        model = get_session(self._store, token)
        if model.status != "onboarding":
            return _redirect_home(token)
        if request.method == "GET":
            return _render_page("about", 200, token=token, name=model.title, trigger=model.trigger, errors={})
        name, trigger = _normalize_name(request.form.get("name", "")), request.form.get("trigger", "")
        errors = _list_profile_errors(name, trigger)
        if errors:
            return _render_page("about", 422, token=token, name=name, trigger=trigger, errors=errors)
        self._store.set_profile(model.id, name, trigger)
        return redirect(url_for("studio.photos", token=token), 303)

    def edit_photos(self, token: str) -> BaseResponse:
        """Show the uploads. A POST adds photos."""
        model = get_session(self._store, token)
        if model.status != "onboarding":
            return _redirect_home(token)
        if request.method == "GET":
            return self._render_photos(token, model, [])
        try:
            results = self._store_uploads(model)
        except AlreadyCompleted:
            return _redirect_home(token)
        if is_json_preferred():
            return self._serialize_photos(token, model, results)
        return self._render_photos(token, model, results)

    def remove_photo(self, token: str, upload_id: str) -> BaseResponse:
        """Remove one photo."""
        model = get_session(self._store, token)
        try:
            self._store.remove_upload(model.id, upload_id)
        except AlreadyCompleted:
            return _redirect_home(token)
        if is_json_preferred():
            return self._serialize_photos(token, model, [])
        return redirect(url_for("studio.photos", token=token), 303)

    def show_upload(self, token: str, upload_id: str) -> BaseResponse:
        """Send a thumbnail of one uploaded photo to its owner."""
        model = get_session(self._store, token)
        with Image.open(io.BytesIO(self._store.read_upload(model.id, upload_id)), formats=["JPEG"]) as photo:
            photo.draft("RGB", _THUMBNAIL)
            photo.thumbnail(_THUMBNAIL, Image.Resampling.BILINEAR)
            sink = io.BytesIO()
            photo.save(sink, "JPEG", quality=82)
        return Response(sink.getvalue(), mimetype="image/jpeg")

    def confirm_uploads(self, token: str) -> BaseResponse:
        """Show a summary. A POST starts processing."""
        model = get_session(self._store, token)
        if model.status != "onboarding":
            return _redirect_home(token)
        uploads = self._store.list_uploads(model.id)
        if not (model.title and model.trigger):
            return redirect(url_for("studio.about", token=token), 303)
        if len(uploads) < get_min_photos():
            return redirect(url_for("studio.photos", token=token, short=1), 303)
        if request.method == "GET":
            return _render_page("check", 200, token=token, model=model, uploads=uploads, no_credits=False)
        try:
            self._store.complete_onboarding(model.id)
        except OutOfCredits:
            return _render_page("check", 402, token=token, model=model, uploads=uploads, no_credits=True)
        except AlreadyCompleted:
            return _redirect_home(token)
        return redirect(url_for("studio.progress", token=token), 303)

    def _store_uploads(self, model: StudioModel) -> list[UploadResult]:
        request.max_content_length = MAX_REQUEST_BYTES
        try:
            files = [file for file in request.files.getlist("photos") if file.filename]
        except RequestEntityTooLarge:
            sentence = "That was too much at once. Add a few photos at a time."
            return [UploadResult("", "too_much", sentence)]
        if not files:
            return [UploadResult("", "nothing", "No photo arrived. Choose one or more photos, then add them.")]
        return store_uploads(self._store, model.id, files)

    def _render_photos(self, token: str, model: StudioModel, results: list[UploadResult]) -> Response:
        uploads = self._store.list_uploads(model.id)
        short = "short" in request.args and len(uploads) < get_min_photos()
        nothing_added = bool(results) and not any(result.is_added for result in results)
        return _render_page(
            "photos",
            422 if short or nothing_added else 200,
            token=token,
            uploads=uploads,
            upload_results=results,
            missing=get_min_photos() - len(uploads) if short else 0,
            limits={"photos": MAX_PHOTOS, "bytes": MAX_BYTES, "megapixels": MAX_PIXELS // 1_000_000},
        )

    def _serialize_photos(self, token: str, model: StudioModel, results: list[UploadResult]) -> Response:
        uploads = self._store.list_uploads(model.id)
        return jsonify(
            results=[{"added": result.is_added, "sentence": result.sentence} for result in results],
            html=render_template("studio/_uploads.html", token=token, uploads=uploads),
        )


def _redirect_home(token: str) -> BaseResponse:
    return redirect(url_for("studio.home", token=token), 303)


def _render_page(step: str, status: int, **context: object) -> Response:
    return make_response(render_template(f"studio/{step}.html", step=step, **context), status)


def _normalize_name(name: str) -> str:
    """Return the name on one line with single spaces and without control characters."""
    printable = "".join(char if char.isprintable() else " " for char in unicodedata.normalize("NFC", name))
    return " ".join(printable.split())


def _list_profile_errors(name: str, trigger: str) -> dict[str, str]:
    errors = {}
    if not name:
        errors["name"] = "Enter your name."
    elif len(name) > MAX_NAME_LENGTH:
        errors["name"] = f"Use at most {MAX_NAME_LENGTH} characters."
    if trigger not in TRIGGERS:
        errors["trigger"] = "Choose how you would like to be styled."
    return errors
