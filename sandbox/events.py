"""Webhook events as they are rendered when they happen; sending them is the sender's business."""

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


def record(sandbox: Sandbox, db: Connection, event: str, model: Model) -> None:
    """Put an event about a model, as it is now, into the outbox."""
    event_id, now = ids.event_id(), sandbox.now()
    told = _model_object(sandbox, db, model)
    if event == FAVORITE_SELECTED and sandbox.switches.favorite_event == "photo":
        told["photo"] = _favorite(sandbox, db, model)
    named: dict[str, Any] = {"id": event_id} if sandbox.switches.webhook_ids else {}
    named["event"] = event
    if sandbox.switches.webhook_ids:
        named["createdAt"] = now
    named |= {"objectType": "model", "object": told}
    body = json.dumps(named, separators=(",", ":"), ensure_ascii=False)
    deliveries.insert(db, NewDelivery(event_id, model.id, event, body, now))


def _model_object(sandbox: Sandbox, db: Connection, model: Model) -> dict[str, Any]:
    onboarding = model.status == "onboarding"
    return {
        "_id": model.id,
        "uid": model.uid,
        "title": serializers.title_out(model),
        "trigger": None if onboarding else model.trigger or None,
        "status": serializers.status_out(sandbox, model.status),
        "isDevelopment": model.is_development,
        "finishedAt": model.finished_at,
        "deletedAt": model.deleted_at,
        "inviteExpiresAt": model.invite_expires_at,
        "createdAt": model.created_at,
        "organization": organization.get(db).uid,
    }


def _favorite(sandbox: Sandbox, db: Connection, model: Model) -> dict[str, Any] | None:
    photo = photos.by_id(db, model.id, model.favorite_photo_id or "")
    return None if photo is None else serializers.single_photo_out(sandbox, photo, include_all=False)
