"""Who may come in: from a token to an open session and its present step, or to a page that says why not."""

from __future__ import annotations

from flask import Response, current_app, jsonify, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from sandbox.studio.responses import wants_json
from sandbox.studio_store import StudioModel, StudioStore, UnknownStudioItem

DEFAULT_MIN_PHOTOS = 4
COOKIE = "studio_session"


class Closed(Exception):
    """The link leads to no open session; *status* is the HTTP code, the rest is what the person reads."""

    def __init__(self, status: int, heading: str, sentence: str) -> None:
        super().__init__(heading)
        self.status = status
        self.heading = heading
        self.sentence = sentence


class Doors:
    """Entry and orientation."""

    def __init__(self, store: StudioStore) -> None:
        self._store = store

    def enter(self) -> Answer:
        """The signed URL: no cookie is needed, because a browser may refuse it in a cross-site frame."""
        token = request.args.get("token", "")
        open_session(self._store, token)
        answer = redirect(url_for("studio.home", token=token), 303)
        if self._store.needs_cookies():
            answer.set_cookie(COOKIE, "1", secure=True, httponly=True, samesite="None")
        return answer

    def home(self, token: str) -> Answer:
        """To the step the session has reached."""
        model = open_session(self._store, token)
        if self._store.needs_cookies() and COOKIE not in request.cookies:
            raise Closed(403, "We do not know who you are", "Your browser did not send our cookie back.")
        return redirect(url_for(f"studio.{present_step(model)}", token=token), 303)

    def names(self) -> dict[str, object]:
        """What the page frame shows: brand, organisation, the fewest photos a session needs."""
        brand = self._store.brand()
        return {
            "brand_name": current_app.config.get("SANDBOX_BRAND_NAME") or brand.name,
            "organization_name": brand.organization_name,
            "min_photos": min_photos(),
        }


def open_session(store: StudioStore, token: str) -> StudioModel:
    """Return the session *token* opens.

    Raises:
        Closed: never issued (401), expired or deleted (410).
    """
    model = store.find_by_token(token) if token else None
    if model is None:
        raise Closed(
            401,
            "This link does not open a session",
            "Go back to where you started and open your session from there.",
        )
    if model.status == "deleted":
        raise Closed(
            410,
            "This session was deleted",
            "Its photos are gone. Ask the person who invited you for a new session if you need one.",
        )
    if model.session_expired:
        raise Closed(
            410,
            "This link has expired",
            "Your photos are safe. Ask the person who invited you to help you back in.",
        )
    return model


def present_step(model: StudioModel) -> str:
    """Name of the page where the session stands."""
    if model.status == "active":
        return "results"
    if model.status != "onboarding":
        return "progress"
    return "photos" if model.title and model.trigger else "about"


def min_photos() -> int:
    """The fewest photos a session needs."""
    return int(current_app.config.get("STUDIO_MIN_PHOTOS", DEFAULT_MIN_PHOTOS))


def closed_page(closed: Closed) -> Response:
    """The plain page for a link that opens nothing."""
    return _notice(closed.status, closed.heading, closed.sentence)


def gone_page(_: UnknownStudioItem) -> Response:
    """The plain page for a photo or session that vanished while the page was open."""
    return _notice(404, "That is no longer here", "It may have been removed in another window. Reload this page.")


def _notice(status: int, heading: str, sentence: str) -> Response:
    if wants_json():
        return make_response(jsonify(error=f"{heading}. {sentence}"), status)
    return make_response(render_template("studio/notice.html", heading=heading, sentence=sentence), status)
