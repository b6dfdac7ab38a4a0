"""Control plane routes for actions on a model or an invite."""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, jsonify
from PIL import Image, UnidentifiedImageError

from sandbox import invitations
from sandbox.control import model_actions
from sandbox.control.body import parse_body, parse_optional_text
from sandbox.control.model_actions import OnboardingInput
from sandbox.control.state import describe_model
from sandbox.core import Sandbox
from sandbox.errors import BadSettingError, NotFoundError, UnknownPhotoError
from sandbox.pipeline import Pipeline
from sandbox.store import invites, models
from sandbox.store.models import Model

LIKED = ("none", "liked", "loved")

Action = Callable[[str, dict[str, Any]], Model]


def add_routes(control: Blueprint, sandbox: Sandbox, pipeline: Pipeline) -> None:
    """Add /models/<id>/<action> and /invites/<email>/accept."""
    actions = _build_actions(sandbox, pipeline)

    @control.post("/models/<model_id>/<action>")
    def act(model_id: str, action: str) -> Response:
        if action not in actions:
            raise BadSettingError(f"action must be one of: {', '.join(actions)}")
        actions[action](model_id, parse_body())
        with sandbox.read() as db:
            model = models.find_model(db, model_id)
            return jsonify(None if model is None else describe_model(sandbox, db, model))

    @control.post("/invites/<email>/accept")
    def accept(email: str) -> Response:
        with sandbox.write() as db:
            invite = invites.find_newest_invite(db, email)
            if invite is None:
                raise NotFoundError("Invite")
            model = invitations.accept_invite(sandbox, db, invite)
            return jsonify(describe_model(sandbox, db, model))


def _build_actions(sandbox: Sandbox, pipeline: Pipeline) -> dict[str, Action]:
    def to(status: str) -> Action:
        return lambda model_id, _: model_actions.advance_to(sandbox, pipeline, model_id, status)

    return {
        "advance": lambda model_id, body: model_actions.advance_to(sandbox, pipeline, model_id, _parse_target(body)),
        "complete": lambda model_id, body: model_actions.complete_onboarding(
            sandbox, model_id, _parse_onboarding_input(body)
        ),
        "fail": to("failed"),
        "retry": to("onboarding"),
        "delete": to("deleted"),
        "favorite": lambda model_id, body: model_actions.select_favorite(
            sandbox, model_id, parse_optional_text(body, "photo_id")
        ),
        "rate": lambda model_id, body: model_actions.rate_photo(
            sandbox, model_id, _parse_photo_id(body), _parse_liked_status(body)
        ),
        "clear_favorite": lambda model_id, _: model_actions.clear_favorite(sandbox, model_id),
        "delete_photo": lambda model_id, body: model_actions.delete_photo(sandbox, model_id, _parse_photo_id(body)),
        "expire_session": lambda model_id, _: model_actions.expire_session(sandbox, model_id),
        "revive_session": lambda model_id, _: model_actions.restore_session(sandbox, model_id),
        "expire_photos": lambda model_id, _: model_actions.expire_photo_urls(sandbox, model_id),
    }


def _parse_target(body: dict[str, Any]) -> str:
    target = body.get("to", "active")
    if target not in model_actions.TARGET_STATUSES:
        raise BadSettingError(f"to must be one of: {', '.join(model_actions.TARGET_STATUSES)}")
    return str(target)


def _parse_photo_id(payload: dict[str, Any]) -> str:
    photo_id = parse_optional_text(payload, "photo_id")
    if photo_id is None:
        raise UnknownPhotoError("photo_id is required")
    return photo_id


def _parse_liked_status(payload: dict[str, Any]) -> str:
    liked = payload.get("liked_status")
    if liked not in LIKED:
        raise BadSettingError(f"liked_status must be one of: {', '.join(LIKED)}")
    return str(liked)


def _parse_onboarding_input(payload: dict[str, Any]) -> OnboardingInput:
    uploads = payload.get("uploads", [])
    if not isinstance(uploads, list):
        raise BadSettingError("uploads must be an array of base64 JPEGs")
    default = OnboardingInput()
    return OnboardingInput(
        parse_optional_text(payload, "title") or default.title,
        parse_optional_text(payload, "trigger") or default.trigger,
        tuple(_decode_jpeg(item) for item in uploads),
    )


def _decode_jpeg(text: object) -> bytes:
    try:
        data = base64.b64decode(str(text), validate=True)
        with Image.open(io.BytesIO(data), formats=["JPEG"]):
            return data
    except (binascii.Error, UnidentifiedImageError, ValueError) as exc:
        raise BadSettingError("uploads must be base64 JPEGs") from exc
