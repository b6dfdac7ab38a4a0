"""Reads the lists of the provider's account as rows of ``portal.models.provider_records``."""

from __future__ import annotations

from typing import Any

from portal.models.provider_records import RecordKind
from portal.provider import ProviderClient
from portal.provider.wire_types import Invite, Member, Model, Photo

Row = dict[str, Any]


def read_lists(provider: ProviderClient) -> dict[RecordKind, list[Row]]:
    """Read members, sessions, invites and favorites; deleted sessions are left out.

    Raises:
        ProviderError: one of the lists could not be read.
    """
    return {
        RecordKind.MEMBER: [_build_member(each) for each in provider.list_members()],
        RecordKind.MODEL: [build_model(each) for each in provider.list_models() if not each.is_deleted],
        RecordKind.INVITE: [build_invite(each) for each in provider.list_invites()],
        RecordKind.FAVORITE: [_build_favorite(each) for each in provider.list_favorites()],
    }


def build_model(model: Model) -> Row:
    """Return the row of a session."""
    return {
        **_build_shared(model),
        "key": model.id,
        "name": model.title,
        "status": model.status,
        "model_id": model.id,
        "is_development": model.is_development,
        "created_at": model.created_at,
        "finished_at": model.finished_at,
    }


def build_invite(invite: Invite) -> Row:
    """Return the row of an invite."""
    return {
        **_build_shared(invite),
        "key": normalize_address(invite.email),
        "status": invite.status,
        "model_id": invite.model_id,
        "created_at": invite.created_at,
    }


def normalize_address(address: str) -> str:
    """Return an address as records have it."""
    return address.strip().lower()


def _build_member(member: Member) -> Row:
    return {
        **_build_shared(member),
        "key": member.id,
        "name": member.name,
        "status": member.status,
        "model_id": member.model_id,
        "created_at": member.joined_at,
    }


def _build_favorite(photo: Photo) -> Row:
    return {
        **_build_shared(photo),
        "key": photo.id,
        "name": photo.title,
        "model_id": photo.model_id,
        "created_at": photo.created_at,
    }


def _build_shared(item: Member | Model | Invite | Photo) -> Row:
    return {
        "email": normalize_address(item.email) if item.email else None,
        "name": None,
        "status": None,
        "team_id": item.team_id,
        "team_name": item.team_name,
        "model_id": None,
        "is_development": False,
        "created_at": None,
        "finished_at": None,
    }
