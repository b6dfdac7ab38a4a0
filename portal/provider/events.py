"""Parses webhook bodies defensively; applying an event is not done here."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from portal.provider.fields import parse_id, parse_resource_id, parse_text, parse_time
from portal.provider.wire_types import normalize_model_status

MODEL_CREATED = "model.created"
STATUS_UPDATED = "model.status.updated"
PHOTOS_READY = "model.photos_ready"
FAVORITE_SELECTED = "model.favorite_selected"
MODEL_DELETED = "model.deleted"

_MAX_NAME = 100
_STORED_FIELDS = (
    "uid",
    "title",
    "trigger",
    "isDevelopment",
    "createdAt",
    "finishedAt",
    "deletedAt",
    "inviteExpiresAt",
)
_PHOTO_KEYS = ("photo", "favoritePhoto", "favoritePhotoId", "photoId")


class EventUnreadable(Exception):
    """The body is not an event; `reason` is a fixed word, safe to log."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """One event. `event` and `status` are open text; times are UTC; everything else may be missing.

    `object` keeps the known plain fields of the model as sent (it holds a name: do not log it).
    """

    event: str
    id: str | None = None
    created_at: datetime | None = None
    model_id: str | None = None
    status: str | None = None
    organization: str | None = None
    photo_id: str | None = None
    object: Mapping[str, str | bool] = field(default_factory=dict, repr=False)


def parse_event(raw: bytes) -> WebhookEvent:
    """Read a body whose signature was checked. Raises EventUnreadable and nothing else, for any bytes."""
    body = _parse_body(raw)
    event = parse_id(body.get("event"))
    if not isinstance(body.get("event"), str) or event is None or len(event) > _MAX_NAME:
        raise EventUnreadable("no event name")
    model = body["object"] if isinstance(body.get("object"), dict) else {}
    is_photo = body.get("objectType") == "photo"
    status = None if is_photo else parse_text(model.get("status"), _MAX_NAME)
    return WebhookEvent(
        event=event,
        id=_find_event_id(body),
        created_at=parse_time(body.get("createdAt")),
        model_id=_find_model_id(body, model, is_photo),
        status=None if status is None else normalize_model_status(status),
        organization=parse_id(model.get("organization")) or parse_id(body.get("organization")),
        photo_id=_find_photo_id(body, model, is_photo),
        object=_select_fields(model),
    )


def compute_dedupe_key(raw: bytes) -> str:
    """The event's own id, else `sha256:` and the digest of the bytes. Never raises."""
    try:
        own = _find_event_id(_parse_body(raw))
    except EventUnreadable:
        own = None
    return own or f"sha256:{hashlib.sha256(raw).hexdigest()}"


def _parse_body(raw: bytes) -> dict[str, Any]:
    try:
        body = msgspec.json.decode(raw)
    except RecursionError:
        raise EventUnreadable("too deep") from None
    except ValueError:
        raise EventUnreadable("not JSON") from None
    if not isinstance(body, dict):
        raise EventUnreadable("not an object")
    return body


def _find_event_id(body: Mapping[str, Any]) -> str | None:
    own = body.get("id")
    if not isinstance(own, str) or own.startswith("sha256:"):
        return None
    return parse_id(own)


def _find_model_id(body: Mapping[str, Any], model: Mapping[str, Any], is_photo: bool) -> str | None:
    own = [] if is_photo else [model.get("_id"), model.get("id")]
    candidates = (*own, model.get("modelId"), body.get("modelId"))
    return next((found for found in map(parse_resource_id, candidates) if found), None)


def _find_photo_id(body: Mapping[str, Any], model: Mapping[str, Any], is_photo: bool) -> str | None:
    places: list[Any] = [model] if is_photo else []
    places += [holder.get(key) for holder in (model, body) for key in _PHOTO_KEYS]
    for place in places:
        found = place.get("id") or place.get("_id") if isinstance(place, dict) else place
        if (photo_id := parse_resource_id(found)) is not None:
            return photo_id
    return None


def _select_fields(model: Mapping[str, Any]) -> dict[str, str | bool]:
    kept: dict[str, str | bool] = {}
    for name in _STORED_FIELDS:
        value = model.get(name)
        if isinstance(value, bool):
            kept[name] = value
        elif (text := parse_text(value)) is not None:
            kept[name] = text
    return kept
