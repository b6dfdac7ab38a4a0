"""What has happened: models, deliveries with their attempts, request counts; changes only the counts."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, jsonify, request

from sandbox import serializers
from sandbox.control.settings import current
from sandbox.core import Sandbox
from sandbox.errors import BadSettingError, UnknownModelError
from sandbox.sessions import is_expired, signed_url
from sandbox.store import deliveries, models, photos, uploads
from sandbox.store.database import Connection
from sandbox.store.deliveries import Delivery
from sandbox.store.models import Model

SHOWN = 1000


def add_routes(control: Blueprint, sandbox: Sandbox) -> None:
    """Add /state, /models/<id>, /deliveries and /requests."""
    _model_routes(control, sandbox)
    _traffic_routes(control, sandbox)


def _model_routes(control: Blueprint, sandbox: Sandbox) -> None:
    @control.get("/state")
    def get_state() -> Response:
        with sandbox.read() as db:
            shown_models = [described(sandbox, db, model) for model in models.everything(db, SHOWN)]
            shown_deliveries = [delivery_out(db, item) for item in deliveries.newest(db, SHOWN)]
        return jsonify(
            {
                "settings": current(sandbox),
                "models": shown_models,
                "deliveries": shown_deliveries,
                "requests": sandbox.request_log.summary(),
                "faults": sandbox.faults.listed(),
            }
        )

    @control.get("/models/<model_id>")
    def get_model(model_id: str) -> Response:
        with sandbox.read() as db:
            model = models.by_id(db, model_id)
            if model is None:
                raise UnknownModelError(model_id)
            return jsonify(described(sandbox, db, model))


def _traffic_routes(control: Blueprint, sandbox: Sandbox) -> None:
    @control.get("/deliveries")
    def list_deliveries() -> Response:
        with sandbox.read() as db:
            return jsonify({"deliveries": [delivery_out(db, item) for item in deliveries.newest(db, SHOWN)]})

    @control.post("/deliveries/<delivery_id>/resend")
    def resend_delivery(delivery_id: str) -> Response:
        resend(sandbox, delivery_id)
        return jsonify({"resent": delivery_id})

    @control.get("/requests")
    def count_requests() -> Response:
        return jsonify(sandbox.request_log.summary(_since()))

    @control.delete("/requests")
    def forget_requests() -> Response:
        sandbox.request_log.clear()
        return jsonify(sandbox.request_log.summary())


def resend(sandbox: Sandbox, delivery_id: str) -> None:
    """Send a delivery once more, with all its retries; the provider itself offers no such thing.

    Raises:
        UnknownModelError: there is no such delivery.
    """
    with sandbox.write() as db:
        if deliveries.by_id(db, delivery_id) is None:
            raise UnknownModelError(delivery_id)
        deliveries.change(db, delivery_id, state="waiting", due_at=sandbox.now(), tries=0)


def described(sandbox: Sandbox, db: Connection, model: Model) -> dict[str, Any]:
    """Return everything about a model, its signed URL too."""
    return serializers.model_out(sandbox, model) | {
        "title": model.title or None,
        "trigger": model.trigger or None,
        "version": model.version,
        "run": model.run,
        "nextStepAt": model.next_at,
        "deletedAt": model.deleted_at,
        "uploads": len(uploads.of_model(db, model.id)),
        "photos": photos.count(db, model.id),
        "favoritePhotoId": model.favorite_photo_id,
        "signedUrl": signed_url(sandbox, model),
        "sessionExpired": is_expired(sandbox, model),
    }


def delivery_out(db: Connection, item: Delivery) -> dict[str, Any]:
    """Return a delivery with its attempts."""
    attempts = [asdict(attempt) for attempt in deliveries.attempts_of(db, item.id)]
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


def _since() -> float:
    value = request.args.get("since", "0")
    try:
        return float(value)
    except ValueError as exc:
        raise BadSettingError("since must be Unix seconds") from exc
