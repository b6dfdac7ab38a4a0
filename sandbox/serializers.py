"""How rows look on the wire: the API's field names and spellings; no decisions."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sandbox.core import Sandbox
from sandbox.photo_urls import photo_urls
from sandbox.store.invites import Invite
from sandbox.store.members import Member
from sandbox.store.models import Model
from sandbox.store.photos import Favorite, Photo

MODEL_STATUSES = ("onboarding", "waiting", "pending", "generatingHeadshots", "active", "failed", "deleted")
GENERATING_SPELLINGS = frozenset({"generatingHeadshots", "generating", "generating-headshots"})


def status_out(sandbox: Sandbox, status: str) -> str:
    """Return a model status in the spelling the switches ask for."""
    return sandbox.switches.generating_spelling if status == "generatingHeadshots" else status


def credits_out(credits: Decimal) -> int | float:
    """Return a balance as an integer when it is whole."""
    return int(credits) if credits == credits.to_integral_value() else float(credits)


def title_out(model: Model) -> str | None:
    """Return the display name, null before onboarding has ended."""
    return model.title or None if model.status != "onboarding" else None


def model_out(sandbox: Sandbox, model: Model) -> dict[str, Any]:
    """Return a model as the models endpoints show it."""
    return {
        "id": model.id,
        "uid": model.uid,
        "email": model.email,
        "title": title_out(model),
        "status": status_out(sandbox, model.status),
        "teamId": model.team_id,
        "teamName": model.team_name,
        "isDevelopment": model.is_development,
        "createdAt": model.created_at,
        "finishedAt": model.finished_at,
    }


def photo_out(sandbox: Sandbox, photo: Photo, include_all: bool) -> dict[str, Any]:
    """Return a photo as the photos endpoints show it, with fresh addresses."""
    urls, expires_at = photo_urls(sandbox, photo, include_all)
    return {
        "id": photo.id,
        "status": photo.status,
        "likedStatus": photo.liked_status,
        "createdAt": photo.created_at,
        "urls": urls,
        "expiresAt": expires_at,
    }


def single_photo_out(sandbox: Sandbox, photo: Photo, include_all: bool) -> dict[str, Any]:
    """Return a photo on its own: with the model it belongs to."""
    shown = photo_out(sandbox, photo, include_all)
    return {"id": shown.pop("id"), "modelId": photo.model_id, **shown}


def favorite_out(sandbox: Sandbox, favorite: Favorite, include_all: bool) -> dict[str, Any]:
    """Return one of the organisation's favourites: a photo with its person."""
    return single_photo_out(sandbox, favorite.photo, include_all) | {
        "email": favorite.email,
        "title": favorite.title or None,
        "teamId": favorite.team_id,
        "teamName": favorite.team_name,
    }


def member_out(sandbox: Sandbox, member: Member) -> dict[str, Any]:
    """Return a member as the full list shows it."""
    return {
        "id": member.id,
        "email": member.email,
        "name": member.name,
        "status": member.status,
        "teamId": member.team_id,
        "teamName": member.team_name,
        "modelId": member.model_id,
        "modelStatus": status_out(sandbox, member.model_status),
        "joinedAt": member.joined_at,
    }


def accepted_out(member: Member) -> dict[str, Any]:
    """Return a member who has not begun: without status and model."""
    return {
        "id": member.id,
        "email": member.email,
        "name": member.name,
        "teamId": member.team_id,
        "teamName": member.team_name,
        "joinedAt": member.joined_at,
    }


def invite_out(invite: Invite) -> dict[str, Any]:
    """Return an invite; `modelId` is absent, not null, until there is one."""
    shown: dict[str, Any] = {"email": invite.email, "status": invite.status}
    if invite.model_id is not None:
        shown["modelId"] = invite.model_id
    return shown | {
        "teamId": invite.team_id,
        "teamName": invite.team_name,
        "createdAt": invite.created_at,
    }
