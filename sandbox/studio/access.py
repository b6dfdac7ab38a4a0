"""Access to a session by its token, and the redirect to its current step."""

from __future__ import annotations

from flask import Response, current_app, jsonify, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from sandbox.studio.responses import is_json_preferred
from sandbox.studio_store import StudioModel, StudioStore, UnknownStudioItem

DEFAULT_MIN_PHOTOS = 4
COOKIE = "studio_session"
# Browsers reject a cookie for frames (SameSite=None) without Secure, and WebKit rejects Secure over plain http. This
# one is for http alone; browsers send it only where the studio is a page of its own.
HTTP_COOKIE = "studio_session_http"


class SessionUnavailable(Exception):
    """The token gives no access to a session. `status` is the HTTP status; heading and sentence are for the person."""

    def __init__(self, status: int, heading: str, sentence: str) -> None:
        super().__init__(heading)
        self.status = status
        self.heading = heading
        self.sentence = sentence


class EntryPages:
    """The entry pages of the studio."""

    def __init__(self, store: StudioStore) -> None:
        self._store = store

    def open_signed_url(self) -> BaseResponse:
        """Handle the signed URL. Needs no cookie, since browsers may block it in a cross-site frame."""
        token = request.args.get("token", "")
        get_session(self._store, token)
        response = redirect(url_for("studio.home", token=token), 303)
        if self._store.is_cookie_required():
            response.set_cookie(COOKIE, "1", secure=True, httponly=True, samesite="None")
            if not request.is_secure:
                response.set_cookie(HTTP_COOKIE, "1", httponly=True, samesite="Lax")
        return response

    def redirect_to_current_step(self, token: str) -> BaseResponse:
        """Redirect to the current step of the session."""
        model = get_session(self._store, token)
        if self._store.is_cookie_required() and not request.cookies.keys() & {COOKIE, HTTP_COOKIE}:
            raise SessionUnavailable(403, "We do not know who you are", "Your browser did not send our cookie back.")
        return redirect(url_for(f"studio.{find_current_step(model)}", token=token), 303)

    def get_template_context(self) -> dict[str, object]:
        """Return the values of all templates: brand, organization and the minimum number of photos."""
        brand = self._store.get_brand()
        return {
            "brand_name": current_app.config.get("SANDBOX_BRAND_NAME") or brand.name,
            "organization_name": brand.organization_name,
            "min_photos": get_min_photos(),
        }


def get_session(store: StudioStore, token: str) -> StudioModel:
    """Return the session of a token.

    Raises:
        Closed: the token was never issued (401), is expired or the session is deleted (410).
    """
    model = store.find_by_token(token) if token else None
    if model is None:
        raise SessionUnavailable(
            401,
            "This link does not open a session",
            "Go back to where you started and open your session from there.",
        )
    if model.status == "deleted":
        raise SessionUnavailable(
            410,
            "This session was deleted",
            "Its photos are gone. Go back to where you opened the studio to see what you can do.",
        )
    if model.session_expired:
        raise SessionUnavailable(
            410,
            "This link has expired",
            "Your photos are safe. Go back to where you opened the studio and report the problem there.",
        )
    return model


def find_current_step(model: StudioModel) -> str:
    """Return the name of the page for the current step."""
    if model.status == "active":
        return "results"
    if model.status != "onboarding":
        return "progress"
    return "photos" if model.title and model.trigger else "about"


def get_min_photos() -> int:
    """Return the minimum number of photos of a session."""
    return int(current_app.config.get("STUDIO_MIN_PHOTOS", DEFAULT_MIN_PHOTOS))


def render_session_unavailable(error: SessionUnavailable) -> Response:
    """Render the page for a link without access."""
    return _render_message_page(error.status, error.heading, error.sentence)


def render_item_missing(_: UnknownStudioItem) -> Response:
    """Render the page for a photo or session that was deleted while the page was open."""
    return _render_message_page(
        404, "That is no longer here", "It may have been removed in another window. Reload this page."
    )


def _render_message_page(status: int, heading: str, sentence: str) -> Response:
    if is_json_preferred():
        return make_response(jsonify(error=f"{heading}. {sentence}"), status)
    return make_response(render_template("studio/notice.html", heading=heading, sentence=sentence), status)
