"""What the dashboard's buttons do; each calls one function that the control plane calls too."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from sandbox import account, creation, lifecycle
from sandbox.control import model_actions
from sandbox.control.state import resend
from sandbox.core import Sandbox
from sandbox.creation import Wanted
from sandbox.dashboard.overview import page
from sandbox.errors import BadSettingError
from sandbox.pipeline import Pipeline
from sandbox.store.models import Model

Move = Callable[[str], Model]


def add_routes(pages: Blueprint, sandbox: Sandbox, pipeline: Pipeline) -> None:
    """Add every button."""
    _account_buttons(pages, sandbox)
    _model_buttons(pages, sandbox, pipeline)
    _fault_buttons(pages, sandbox)


def _home(part: str) -> Response:
    return redirect(url_for("dashboard.home", _anchor=part), 303)


def _account_buttons(pages: Blueprint, sandbox: Sandbox) -> None:
    @pages.post("/dashboard/key/new")
    def new_key() -> str:
        return page(sandbox, {"API key": account.new_api_key(sandbox)})

    @pages.post("/dashboard/key/delete")
    def delete_key() -> Response:
        account.delete_api_key(sandbox)
        return _home("key")

    @pages.post("/dashboard/webhook")
    def save_webhook() -> str | Response:
        secret = account.save_webhook(sandbox, request.form.get("url", "").strip())
        return _home("webhook") if secret is None else page(sandbox, {"Webhook secret": secret})

    @pages.post("/dashboard/webhook/rotate")
    def rotate_secret() -> str:
        return page(sandbox, {"Webhook secret": account.rotate_secret(sandbox)})

    @pages.post("/dashboard/settings")
    def settings() -> Response:
        given = {name: _value(text) for name, text in request.form.items()}
        account.change(sandbox, given)
        return _home("switches")

    @pages.post("/dashboard/clock")
    def clock() -> Response:
        hours = _value(request.form.get("hours", ""))
        if isinstance(hours, bool) or not isinstance(hours, int | float) or not 0 <= hours <= 100_000:  # noqa: PLR2004
            raise BadSettingError("hours must be a number from 0 to 100000")
        sandbox.advance_clock(hours * 3600)
        return _home("sessions")

    @pages.post("/dashboard/reset")
    def reset() -> Response:
        sandbox.reset()
        return _home("sessions")


def _model_buttons(pages: Blueprint, sandbox: Sandbox, pipeline: Pipeline) -> None:
    moves = _moves(sandbox, pipeline)

    @pages.post("/dashboard/models")
    def create() -> Response:
        email = request.form.get("email", "").strip()
        if "@" not in email:
            raise BadSettingError("that is not an e-mail address")
        wanted = Wanted(email, "development" in request.form, None)
        with sandbox.write() as db:
            creation.create_or_reuse(sandbox, db, wanted, None)
        return _home("sessions")

    @pages.post("/dashboard/models/<model_id>/<action>")
    def move(model_id: str, action: str) -> Response:
        if action not in moves:
            raise BadSettingError("there is no such button")
        moves[action](model_id)
        return _home("sessions")

    @pages.post("/dashboard/deliveries/<delivery_id>/resend")
    def resend_delivery(delivery_id: str) -> Response:
        resend(sandbox, delivery_id)
        return _home("deliveries")


def _moves(sandbox: Sandbox, pipeline: Pipeline) -> dict[str, Move]:
    return {
        "next": lambda model_id: _next(sandbox, pipeline, model_id),
        "finish": lambda model_id: model_actions.advance(sandbox, pipeline, model_id, "active"),
        "fail": lambda model_id: model_actions.advance(sandbox, pipeline, model_id, "failed"),
        "retry": lambda model_id: model_actions.advance(sandbox, pipeline, model_id, "onboarding"),
        "delete": lambda model_id: model_actions.advance(sandbox, pipeline, model_id, "deleted"),
        "favorite": lambda model_id: model_actions.select_favorite(sandbox, model_id, None),
        "expire_session": lambda model_id: model_actions.expire_session(sandbox, model_id),
        "revive_session": lambda model_id: model_actions.revive_session(sandbox, model_id),
        "expire_photos": lambda model_id: model_actions.expire_photo_urls(sandbox, model_id),
    }


def _next(sandbox: Sandbox, pipeline: Pipeline, model_id: str) -> Model:
    with sandbox.read() as db:
        model = lifecycle.alive(db, model_id)
    onward = {"onboarding": "waiting", "generatingHeadshots": "active"}
    target = onward.get(model.status) or lifecycle.following(sandbox, model) or "active"
    return model_actions.advance(sandbox, pipeline, model_id, target)


def _fault_buttons(pages: Blueprint, sandbox: Sandbox) -> None:
    @pages.post("/dashboard/faults")
    def plan() -> Response:
        rule: dict[str, Any] = {"on": request.form.get("on"), "fault": request.form.get("fault")}
        sandbox.faults.add(rule)
        return _home("faults")

    @pages.post("/dashboard/faults/clear")
    def clear() -> Response:
        sandbox.faults.clear()
        return _home("faults")


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
