"""The routes of the studio."""

from __future__ import annotations

from flask import Blueprint

from sandbox.studio.access import EntryPages, SessionUnavailable, render_item_missing, render_session_unavailable
from sandbox.studio.responses import add_security_headers
from sandbox.studio.results import ResultPages
from sandbox.studio.steps import StepPages
from sandbox.studio_store import StudioStore, UnknownStudioItem


def create_blueprint(store: StudioStore) -> Blueprint:
    """Build the studio: `/auth/social` and everything under `/studio/`.

    App config: `SANDBOX_BRAND_NAME` (default: the brand of the store) and `STUDIO_MIN_PHOTOS` (default: 4).
    """
    blueprint = Blueprint(
        "studio",
        __name__,
        template_folder="templates",
        static_folder="static",
        static_url_path="/studio/static",
    )
    entry, steps, results = EntryPages(store), StepPages(store), ResultPages(store)
    blueprint.add_url_rule("/auth/social", "enter", entry.open_signed_url)
    blueprint.add_url_rule("/studio/<token>/", "home", entry.redirect_to_current_step)
    for path, page in (("about", steps.edit_profile), ("photos", steps.edit_photos), ("check", steps.confirm_uploads)):
        blueprint.add_url_rule(f"/studio/<token>/{path}", path, page, methods=["GET", "POST"])
    blueprint.add_url_rule("/studio/<token>/photos/<upload_id>.jpg", "upload", steps.show_upload)
    blueprint.add_url_rule("/studio/<token>/photos/<upload_id>/remove", "remove", steps.remove_photo, methods=["POST"])
    blueprint.add_url_rule("/studio/<token>/progress", "progress", results.show_progress)
    blueprint.add_url_rule("/studio/<token>/status", "status", results.get_status)
    blueprint.add_url_rule("/studio/<token>/results", "results", results.show_results, methods=["GET", "POST"])
    blueprint.register_error_handler(SessionUnavailable, render_session_unavailable)
    blueprint.register_error_handler(UnknownStudioItem, render_item_missing)
    blueprint.context_processor(entry.get_template_context)
    blueprint.after_request(lambda response: add_security_headers(response, deny_framing=store.is_framing_refused()))
    return blueprint
