"""Routes of the dashboard's buttons. Each calls a function that the control plane uses as well."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from sandbox import account, creation, lifecycle
from sandbox.control import model_actions
from sandbox.control.state import schedule_resend
from sandbox.core import Sandbox
from sandbox.creation import CreateModelRequest
from sandbox.dashboard.overview import render_page
from sandbox.errors import BadSettingError
from sandbox.pipeline import Pipeline
from sandbox.store.models import Model

ModelAction = Callable[[str], Model]


def add_routes(pages: Blueprint, sandbox: Sandbox, pipeline: Pipeline) -> None:
    """Add the routes of all buttons."""
    _add_account_routes(pages, sandbox)
    _add_model_routes(pages, sandbox, pipeline)
    _add_fault_routes(pages, sandbox)


def _redirect_home(anchor: str) -> Response:
    return redirect(url_for("dashboard.home", _anchor=anchor), 303)


def _add_account_routes(pages: Blueprint, sandbox: Sandbox) -> None:
    @pages.post("/dashboard/key/new")
    def create_key() -> str:
        return render_page(sandbox, {"API key": account.create_api_key(sandbox)})

    @pages.post("/dashboard/key/delete")
    def delete_key() -> Response:
        account.delete_api_key(sandbox)
        return _redirect_home("key")

    @pages.post("/dashboard/webhook")
    def save_webhook() -> str | Response:
        secret = account.save_webhook(sandbox, request.form.get("url", "").strip())
        return _redirect_home("webhook") if secret is None else render_page(sandbox, {"Webhook secret": secret})

    @pages.post("/dashboard/webhook/rotate")
    def rotate_secret() -> str:
        return render_page(sandbox, {"Webhook secret": account.rotate_webhook_secret(sandbox)})

    @pages.post("/dashboard/settings")
    def save_settings() -> Response:
        changes = {name: _parse_value(text) for name, text in request.form.items()}
        account.update_account(sandbox, changes)
        return _redirect_home("switches")

    @pages.post("/dashboard/clock")
    def advance_clock() -> Response:
        hours = _parse_value(request.form.get("hours", ""))
        if isinstance(hours, bool) or not isinstance(hours, int | float) or not 0 <= hours <= 100_000:  # noqa: PLR2004
            raise BadSettingError("hours must be a number from 0 to 100000")
        sandbox.advance_clock(hours * 3600)
        return _redirect_home("sessions")

    @pages.post("/dashboard/reset")
    def reset() -> Response:
        sandbox.reset()
        return _redirect_home("sessions")


def _add_model_routes(pages: Blueprint, sandbox: Sandbox, pipeline: Pipeline) -> None:
    actions = _build_actions(sandbox, pipeline)

    @pages.post("/dashboard/models")
    def create_model() -> Response:
        email = request.form.get("email", "").strip()
        if "@" not in email:
            raise BadSettingError("that is not an e-mail address")
        new = CreateModelRequest(email, "development" in request.form, None)
        with sandbox.write() as db:
            creation.create_or_reuse_model(sandbox, db, new, None)
        return _redirect_home("sessions")

    @pages.post("/dashboard/models/<model_id>/<action>")
    def run_action(model_id: str, action: str) -> Response:
        if action not in actions:
            raise BadSettingError("there is no such button")
        actions[action](model_id)
        return _redirect_home("sessions")

    @pages.post("/dashboard/deliveries/<delivery_id>/resend")
    def resend_delivery(delivery_id: str) -> Response:
        schedule_resend(sandbox, delivery_id)
        return _redirect_home("deliveries")


def _build_actions(sandbox: Sandbox, pipeline: Pipeline) -> dict[str, ModelAction]:
    return {
        "next": lambda model_id: _advance_one_step(sandbox, pipeline, model_id),
        "finish": lambda model_id: model_actions.advance_to(sandbox, pipeline, model_id, "active"),
        "fail": lambda model_id: model_actions.advance_to(sandbox, pipeline, model_id, "failed"),
        "retry": lambda model_id: model_actions.advance_to(sandbox, pipeline, model_id, "onboarding"),
        "delete": lambda model_id: model_actions.advance_to(sandbox, pipeline, model_id, "deleted"),
        "favorite": lambda model_id: model_actions.select_favorite(sandbox, model_id, None),
        "expire_session": lambda model_id: model_actions.expire_session(sandbox, model_id),
        "revive_session": lambda model_id: model_actions.restore_session(sandbox, model_id),
        "expire_photos": lambda model_id: model_actions.expire_photo_urls(sandbox, model_id),
    }


def _advance_one_step(sandbox: Sandbox, pipeline: Pipeline, model_id: str) -> Model:
    with sandbox.read() as db:
        model = lifecycle.get_undeleted_model(db, model_id)
    following = {"onboarding": "waiting", "generatingHeadshots": "active"}
    target = following.get(model.status) or lifecycle.find_next_status(sandbox, model) or "active"
    return model_actions.advance_to(sandbox, pipeline, model_id, target)


def _add_fault_routes(pages: Blueprint, sandbox: Sandbox) -> None:
    @pages.post("/dashboard/faults")
    def add_fault() -> Response:
        rule: dict[str, Any] = {"on": request.form.get("on"), "fault": request.form.get("fault")}
        sandbox.faults.add_rule(rule)
        return _redirect_home("faults")

    @pages.post("/dashboard/faults/clear")
    def clear_faults() -> Response:
        sandbox.faults.clear_rules()
        return _redirect_home("faults")


def _parse_value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
