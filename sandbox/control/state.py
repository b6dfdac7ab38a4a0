"""Control plane routes for models, deliveries with their attempts, and request counts."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, jsonify, request

from sandbox import serializers
from sandbox.control.settings import describe_settings
from sandbox.core import Sandbox
from sandbox.errors import BadSettingError, UnknownModelError
from sandbox.sessions import build_signed_url, is_expired
from sandbox.store import deliveries, models, photos, uploads
from sandbox.store.database import Connection
from sandbox.store.deliveries import Delivery
from sandbox.store.models import Model

MAX_LISTED = 1000


def add_routes(control: Blueprint, sandbox: Sandbox) -> None:
    """Add /state, /models/<id>, /deliveries and /requests."""
    _add_model_routes(control, sandbox)
    _add_traffic_routes(control, sandbox)


def _add_model_routes(control: Blueprint, sandbox: Sandbox) -> None:
    @control.get("/state")
    def get_state() -> Response:
        with sandbox.read() as db:
            shown_models = [describe_model(sandbox, db, model) for model in models.list_newest(db, MAX_LISTED)]
            shown_deliveries = [serialize_delivery(db, item) for item in deliveries.list_newest(db, MAX_LISTED)]
        return jsonify(
            {
                "settings": describe_settings(sandbox),
                "models": shown_models,
                "deliveries": shown_deliveries,
                "requests": sandbox.request_log.summarize(),
                "faults": sandbox.faults.list_rules(),
            }
        )

    @control.get("/models/<model_id>")
    def get_model(model_id: str) -> Response:
        with sandbox.read() as db:
            model = models.find_model(db, model_id)
            if model is None:
                raise UnknownModelError(model_id)
            return jsonify(describe_model(sandbox, db, model))


def _add_traffic_routes(control: Blueprint, sandbox: Sandbox) -> None:
    @control.get("/deliveries")
    def list_deliveries() -> Response:
        with sandbox.read() as db:
            return jsonify(
                {"deliveries": [serialize_delivery(db, item) for item in deliveries.list_newest(db, MAX_LISTED)]}
            )

    @control.post("/deliveries/<delivery_id>/resend")
    def resend_delivery(delivery_id: str) -> Response:
        schedule_resend(sandbox, delivery_id)
        return jsonify({"resent": delivery_id})

    @control.get("/requests")
    def count_requests() -> Response:
        return jsonify(sandbox.request_log.summarize(_parse_since()))

    @control.delete("/requests")
    def clear_requests() -> Response:
        sandbox.request_log.clear()
        return jsonify(sandbox.request_log.summarize())


def schedule_resend(sandbox: Sandbox, delivery_id: str) -> None:
    """Schedule a delivery again, with all retries. The provider has no such operation.

    Raises:
        UnknownModelError: no delivery has this id.
    """
    with sandbox.write() as db:
        if deliveries.find_delivery(db, delivery_id) is None:
            raise UnknownModelError(delivery_id)
        deliveries.update_delivery(db, delivery_id, state="waiting", due_at=sandbox.now(), tries=0)


def describe_model(sandbox: Sandbox, db: Connection, model: Model) -> dict[str, Any]:
    """Return all values of a model, including its signed URL."""
    return serializers.serialize_model(sandbox, model) | {
        "title": model.title or None,
        "trigger": model.trigger or None,
        "version": model.version,
        "run": model.run,
        "nextStepAt": model.next_at,
        "deletedAt": model.deleted_at,
        "uploads": len(uploads.list_uploads(db, model.id)),
        "photos": photos.count_photos(db, model.id),
        "favoritePhotoId": model.favorite_photo_id,
        "signedUrl": build_signed_url(sandbox, model),
        "sessionExpired": is_expired(sandbox, model),
    }


def serialize_delivery(db: Connection, item: Delivery) -> dict[str, Any]:
    """Return a delivery with its attempts."""
    attempts = [asdict(attempt) for attempt in deliveries.list_attempts(db, item.id)]
    return {
        "id": item.id,
        "modelId": item.model_id,
        "event": item.event,
        "state": item.state,
        "createdAt": item.created_at,
        "dueAt": item.due_at,
        "tries": item.tries,
        "body": item.body,
        "attempts": attempts,
    }


def _parse_since() -> float:
    value = request.args.get("since", "0")
    try:
        return float(value)
    except ValueError as exc:
        raise BadSettingError("since must be Unix seconds") from exc
