"""Doing things to one model, or for an invited person, over HTTP; the doing is in steering."""

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
from sandbox.control.body import json_body, optional_text
from sandbox.control.model_actions import Answers
from sandbox.control.state import described
from sandbox.core import Sandbox
from sandbox.errors import BadSettingError, UnknownPhotoError, not_found
from sandbox.pipeline import Pipeline
from sandbox.store import invites, models
from sandbox.store.models import Model

LIKED = ("none", "liked", "loved")

Action = Callable[[str, dict[str, Any]], Model]


def add_routes(control: Blueprint, sandbox: Sandbox, pipeline: Pipeline) -> None:
    """Add /models/<id>/<action> and /invites/<email>/accept."""
    ways = _actions(sandbox, pipeline)

    @control.post("/models/<model_id>/<action>")
    def act(model_id: str, action: str) -> Response:
        if action not in ways:
            raise BadSettingError(f"action must be one of: {', '.join(ways)}")
        ways[action](model_id, json_body())
        with sandbox.read() as db:
            model = models.by_id(db, model_id)
            return jsonify(None if model is None else described(sandbox, db, model))

    @control.post("/invites/<email>/accept")
    def accept(email: str) -> Response:
        with sandbox.write() as db:
            invite = invites.newest_for(db, email)
            if invite is None:
                raise not_found("Invite")
            model = invitations.accept(sandbox, db, invite)
            return jsonify(described(sandbox, db, model))


def _actions(sandbox: Sandbox, pipeline: Pipeline) -> dict[str, Action]:
    def to(status: str) -> Action:
        return lambda model_id, _: model_actions.advance(sandbox, pipeline, model_id, status)

    return {
        "advance": lambda model_id, told: model_actions.advance(sandbox, pipeline, model_id, _target(told)),
        "complete": lambda model_id, told: model_actions.complete(sandbox, model_id, _answers(told)),
        "fail": to("failed"),
        "retry": to("onboarding"),
        "delete": to("deleted"),
        "favorite": lambda model_id, told: model_actions.select_favorite(
            sandbox, model_id, optional_text(told, "photo_id")
        ),
        "rate": lambda model_id, told: model_actions.rate(sandbox, model_id, _photo(told), _liked(told)),
        "clear_favorite": lambda model_id, _: model_actions.clear_favorite(sandbox, model_id),
        "delete_photo": lambda model_id, told: model_actions.delete_photo(sandbox, model_id, _photo(told)),
        "expire_session": lambda model_id, _: model_actions.expire_session(sandbox, model_id),
        "revive_session": lambda model_id, _: model_actions.revive_session(sandbox, model_id),
        "expire_photos": lambda model_id, _: model_actions.expire_photo_urls(sandbox, model_id),
    }


def _target(told: dict[str, Any]) -> str:
    target = told.get("to", "active")
    if target not in model_actions.TARGETS:
        raise BadSettingError(f"to must be one of: {', '.join(model_actions.TARGETS)}")
    return str(target)


def _photo(told: dict[str, Any]) -> str:
    photo_id = optional_text(told, "photo_id")
    if photo_id is None:
        raise UnknownPhotoError("photo_id is required")
    return photo_id


def _liked(told: dict[str, Any]) -> str:
    liked = told.get("liked_status")
    if liked not in LIKED:
        raise BadSettingError(f"liked_status must be one of: {', '.join(LIKED)}")
    return str(liked)


def _answers(told: dict[str, Any]) -> Answers:
    given = told.get("uploads", [])
    if not isinstance(given, list):
        raise BadSettingError("uploads must be an array of base64 JPEGs")
    usual = Answers()
    return Answers(
        optional_text(told, "title") or usual.title,
        optional_text(told, "trigger") or usual.trigger,
        tuple(_jpeg(item) for item in given),
    )


def _jpeg(text: object) -> bytes:
    try:
        data = base64.b64decode(str(text), validate=True)
        with Image.open(io.BytesIO(data), formats=["JPEG"]):
            return data
    except (binascii.Error, UnidentifiedImageError, ValueError) as exc:
        raise BadSettingError("uploads must be base64 JPEGs") from exc
