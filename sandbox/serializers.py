"""Serializes rows as the JSON objects of the API."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sandbox.core import Sandbox
from sandbox.photo_urls import build_photo_urls
from sandbox.store.invites import Invite
from sandbox.store.members import Member
from sandbox.store.models import Model
from sandbox.store.photos import Favorite, Photo

MODEL_STATUSES = ("onboarding", "waiting", "pending", "generatingHeadshots", "active", "failed", "deleted")
GENERATING_SPELLINGS = frozenset({"generatingHeadshots", "generating", "generating-headshots"})


def serialize_status(sandbox: Sandbox, status: str) -> str:
    """Return a model status in the configured spelling."""
    return sandbox.switches.generating_spelling if status == "generatingHeadshots" else status


def serialize_credits(credits: Decimal) -> int | float:
    """Return a balance, as an integer if it is whole."""
    return int(credits) if credits == credits.to_integral_value() else float(credits)


def serialize_title(model: Model) -> str | None:
    """Return the display name, or None until onboarding is completed."""
    return model.title or None if model.status != "onboarding" else None


def serialize_model(sandbox: Sandbox, model: Model) -> dict[str, Any]:
    """Return the object of the models endpoints."""
    return {
        "id": model.id,
        "uid": model.uid,
        "email": model.email,
        "title": serialize_title(model),
        "status": serialize_status(sandbox, model.status),
        "teamId": model.team_id,
        "teamName": model.team_name,
        "isDevelopment": model.is_development,
        "createdAt": model.created_at,
        "finishedAt": model.finished_at,
    }


def serialize_photo(sandbox: Sandbox, photo: Photo, include_all: bool) -> dict[str, Any]:
    """Return the object of the photos endpoints, with new URLs."""
    urls, expires_at = build_photo_urls(sandbox, photo, include_all)
    return {
        "id": photo.id,
        "status": photo.status,
        "likedStatus": photo.liked_status,
        "createdAt": photo.created_at,
        "urls": urls,
        "expiresAt": expires_at,
    }


def serialize_single_photo(sandbox: Sandbox, photo: Photo, include_all: bool) -> dict[str, Any]:
    """Return a single photo with the id of its model."""
    shown = serialize_photo(sandbox, photo, include_all)
    return {"id": shown.pop("id"), "modelId": photo.model_id, **shown}


def serialize_favorite(sandbox: Sandbox, favorite: Favorite, include_all: bool) -> dict[str, Any]:
    """Return a favorite of the organization: a photo and its person."""
    return serialize_single_photo(sandbox, favorite.photo, include_all) | {
        "email": favorite.email,
        "title": favorite.title or None,
        "teamId": favorite.team_id,
        "teamName": favorite.team_name,
    }


def serialize_member(sandbox: Sandbox, member: Member) -> dict[str, Any]:
    """Return the object of the full member list."""
    return {
        "id": member.id,
        "email": member.email,
        "name": member.name,
        "status": member.status,
        "teamId": member.team_id,
        "teamName": member.team_name,
        "modelId": member.model_id,
        "modelStatus": serialize_status(sandbox, member.model_status),
        "joinedAt": member.joined_at,
    }


def serialize_accepted_member(member: Member) -> dict[str, Any]:
    """Return a member who has not started, without status and model."""
    return {
        "id": member.id,
        "email": member.email,
        "name": member.name,
        "teamId": member.team_id,
        "teamName": member.team_name,
        "joinedAt": member.joined_at,
    }


def serialize_invite(invite: Invite) -> dict[str, Any]:
    """Return an invite. `modelId` is absent until there is a model."""
    shown: dict[str, Any] = {"email": invite.email, "status": invite.status}
    if invite.model_id is not None:
        shown["modelId"] = invite.model_id
    return shown | {
        "teamId": invite.team_id,
        "teamName": invite.team_name,
        "createdAt": invite.created_at,
    }
