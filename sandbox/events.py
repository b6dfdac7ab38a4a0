"""Webhook events: rendered and stored in the transaction of the change they describe."""

from __future__ import annotations

import json
from typing import Any

from sandbox import ids, serializers
from sandbox.core import Sandbox
from sandbox.store import deliveries, organization, photos
from sandbox.store.database import Connection
from sandbox.store.deliveries import NewDelivery
from sandbox.store.models import Model

CREATED = "model.created"
STATUS_UPDATED = "model.status.updated"
PHOTOS_READY = "model.photos_ready"
FAVORITE_SELECTED = "model.favorite_selected"
DELETED = "model.deleted"


def record_event(sandbox: Sandbox, db: Connection, event: str, model: Model) -> None:
    """Store a delivery with an event about a model in its current state."""
    event_id, now = ids.generate_event_id(), sandbox.now()
    obj = _serialize_model(sandbox, db, model)
    if event == FAVORITE_SELECTED and sandbox.switches.favorite_event == "photo":
        obj["photo"] = _serialize_favorite(sandbox, db, model)
    payload: dict[str, Any] = {"id": event_id} if sandbox.switches.webhook_ids else {}
    payload["event"] = event
    if sandbox.switches.webhook_ids:
        payload["createdAt"] = now
    payload |= {"objectType": "model", "object": obj}
    body = json.dumps(payload, separators=(",", ":"), ensure_ascii=False)
    deliveries.create_delivery(db, NewDelivery(event_id, model.id, event, body, now))


def _serialize_model(sandbox: Sandbox, db: Connection, model: Model) -> dict[str, Any]:
    onboarding = model.status == "onboarding"
    return {
        "_id": model.id,
        "uid": model.uid,
        "title": serializers.serialize_title(model),
        "trigger": None if onboarding else model.trigger or None,
        "status": serializers.serialize_status(sandbox, model.status),
        "isDevelopment": model.is_development,
        "finishedAt": model.finished_at,
        "deletedAt": model.deleted_at,
        "inviteExpiresAt": model.invite_expires_at,
        "createdAt": model.created_at,
        "organization": organization.get_organization(db).uid,
    }


def _serialize_favorite(sandbox: Sandbox, db: Connection, model: Model) -> dict[str, Any] | None:
    photo = photos.find_photo(db, model.id, model.favorite_photo_id or "")
    return None if photo is None else serializers.serialize_single_photo(sandbox, photo, include_all=False)
