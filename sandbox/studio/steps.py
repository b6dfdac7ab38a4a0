"""The three steps before the work starts: about you, photos, check; each works without a script."""

from __future__ import annotations

import io
import unicodedata

from flask import Response, jsonify, make_response, redirect, render_template, request, url_for
from PIL import Image
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as Answer

from sandbox.studio.access import min_photos, open_session
from sandbox.studio.responses import wants_json
from sandbox.studio.upload import MAX_BYTES, MAX_PIXELS
from sandbox.studio.upload_batch import MAX_PHOTOS, Receipt, receive
from sandbox.studio_store import AlreadyCompleted, OutOfCredits, StudioModel, StudioStore

MAX_REQUEST_BYTES = 200 * 1024 * 1024
MAX_NAME = 80
TRIGGERS = ("female", "male")

_THUMBNAIL = (400, 400)


class StepPages:
    """About you, photos, check."""

    def __init__(self, store: StudioStore) -> None:
        self._store = store

    def about(self, token: str) -> Answer:
        """Name and styling."""
        model = open_session(self._store, token)
        if model.status != "onboarding":
            return _home(token)
        if request.method == "GET":
            return _page("about", 200, token=token, name=model.title, trigger=model.trigger, problems={})
        name, trigger = _tidy(request.form.get("name", "")), request.form.get("trigger", "")
        problems = _about_problems(name, trigger)
        if problems:
            return _page("about", 422, token=token, name=name, trigger=trigger, problems=problems)
        self._store.set_profile(model.id, name, trigger)
        return redirect(url_for("studio.photos", token=token), 303)

    def photos(self, token: str) -> Answer:
        """Add and remove photos; a POST carries new ones."""
        model = open_session(self._store, token)
        if model.status != "onboarding":
            return _home(token)
        if request.method == "GET":
            return self._photos_page(token, model, [])
        try:
            receipts = self._receive(model)
        except AlreadyCompleted:
            return _home(token)
        if wants_json():
            return self._photos_json(token, model, receipts)
        return self._photos_page(token, model, receipts)

    def remove(self, token: str, upload_id: str) -> Answer:
        """Take one photo out again."""
        model = open_session(self._store, token)
        try:
            self._store.remove_upload(model.id, upload_id)
        except AlreadyCompleted:
            return _home(token)
        if wants_json():
            return self._photos_json(token, model, [])
        return redirect(url_for("studio.photos", token=token), 303)

    def upload(self, token: str, upload_id: str) -> Answer:
        """A small version of one uploaded photo, for its owner's eyes only."""
        model = open_session(self._store, token)
        with Image.open(io.BytesIO(self._store.read_upload(model.id, upload_id)), formats=["JPEG"]) as photo:
            photo.draft("RGB", _THUMBNAIL)
            photo.thumbnail(_THUMBNAIL, Image.Resampling.BILINEAR)
            sink = io.BytesIO()
            photo.save(sink, "JPEG", quality=82)
        return Response(sink.getvalue(), mimetype="image/jpeg")

    def check(self, token: str) -> Answer:
        """Everything once more; a POST starts the session."""
        model = open_session(self._store, token)
        if model.status != "onboarding":
            return _home(token)
        uploads = self._store.list_uploads(model.id)
        if not (model.title and model.trigger):
            return redirect(url_for("studio.about", token=token), 303)
        if len(uploads) < min_photos():
            return redirect(url_for("studio.photos", token=token, short=1), 303)
        if request.method == "GET":
            return _page("check", 200, token=token, model=model, uploads=uploads, no_credits=False)
        try:
            self._store.complete_onboarding(model.id)
        except OutOfCredits:
            return _page("check", 402, token=token, model=model, uploads=uploads, no_credits=True)
        except AlreadyCompleted:
            return _home(token)
        return redirect(url_for("studio.progress", token=token), 303)

    def _receive(self, model: StudioModel) -> list[Receipt]:
        request.max_content_length = MAX_REQUEST_BYTES
        try:
            files = [file for file in request.files.getlist("photos") if file.filename]
        except RequestEntityTooLarge:
            sentence = "That was too much at once. Add a few photos at a time."
            return [Receipt("", "too_much", sentence)]
        if not files:
            return [Receipt("", "nothing", "No photo arrived. Choose one or more photos, then add them.")]
        return receive(self._store, model.id, files)

    def _photos_page(self, token: str, model: StudioModel, receipts: list[Receipt]) -> Response:
        uploads = self._store.list_uploads(model.id)
        short = "short" in request.args and len(uploads) < min_photos()
        unmoved = bool(receipts) and not any(receipt.added for receipt in receipts)
        return _page(
            "photos",
            422 if short or unmoved else 200,
            token=token,
            uploads=uploads,
            receipts=receipts,
            missing=min_photos() - len(uploads) if short else 0,
            limits={"photos": MAX_PHOTOS, "bytes": MAX_BYTES, "megapixels": MAX_PIXELS // 1_000_000},
        )

    def _photos_json(self, token: str, model: StudioModel, receipts: list[Receipt]) -> Response:
        uploads = self._store.list_uploads(model.id)
        return jsonify(
            results=[{"added": receipt.added, "sentence": receipt.sentence} for receipt in receipts],
            html=render_template("studio/_uploads.html", token=token, uploads=uploads),
        )


def _home(token: str) -> Answer:
    return redirect(url_for("studio.home", token=token), 303)


def _page(step: str, status: int, **context: object) -> Response:
    return make_response(render_template(f"studio/{step}.html", step=step, **context), status)


def _tidy(name: str) -> str:
    """One line, single spaces, no control characters."""
    kept = "".join(sign if sign.isprintable() else " " for sign in unicodedata.normalize("NFC", name))
    return " ".join(kept.split())


def _about_problems(name: str, trigger: str) -> dict[str, str]:
    problems = {}
    if not name:
        problems["name"] = "Enter your name."
    elif len(name) > MAX_NAME:
        problems["name"] = f"Use at most {MAX_NAME} characters."
    if trigger not in TRIGGERS:
        problems["trigger"] = "Choose how you would like to be styled."
    return problems
