"""Puts the studio's pages at their addresses; decides nothing about a session."""

from __future__ import annotations

from flask import Blueprint

from sandbox.studio.access import Closed, Doors, closed_page, gone_page
from sandbox.studio.responses import protect
from sandbox.studio.results import ResultPages
from sandbox.studio.steps import StepPages
from sandbox.studio_store import StudioStore, UnknownStudioItem


def create_blueprint(store: StudioStore) -> Blueprint:
    """Return the studio for *store*: `/auth/social` and everything under `/studio/`.

    Reads from the app's config: `SANDBOX_BRAND_NAME` (else the store's brand) and `STUDIO_MIN_PHOTOS` (4).
    """
    blueprint = Blueprint(
        "studio",
        __name__,
        template_folder="templates",
        static_folder="static",
        static_url_path="/studio/static",
    )
    doors, steps, results = Doors(store), StepPages(store), ResultPages(store)
    blueprint.add_url_rule("/auth/social", "enter", doors.enter)
    blueprint.add_url_rule("/studio/<token>/", "home", doors.home)
    for path, page in (("about", steps.about), ("photos", steps.photos), ("check", steps.check)):
        blueprint.add_url_rule(f"/studio/<token>/{path}", path, page, methods=["GET", "POST"])
    blueprint.add_url_rule("/studio/<token>/photos/<upload_id>.jpg", "upload", steps.upload)
    blueprint.add_url_rule("/studio/<token>/photos/<upload_id>/remove", "remove", steps.remove, methods=["POST"])
    blueprint.add_url_rule("/studio/<token>/progress", "progress", results.progress)
    blueprint.add_url_rule("/studio/<token>/status", "status", results.status)
    blueprint.add_url_rule("/studio/<token>/results", "results", results.results, methods=["GET", "POST"])
    blueprint.register_error_handler(Closed, closed_page)
    blueprint.register_error_handler(UnknownStudioItem, gone_page)
    blueprint.context_processor(doors.names)
    blueprint.after_request(lambda response: protect(response, refused=store.refuses_frames()))
    return blueprint
