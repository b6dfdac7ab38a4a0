"""New identifiers in the looks of the API's samples; all random, none derived from a person."""

from __future__ import annotations

import secrets
import uuid


def object_id() -> str:
    """Return an id like those of models, photos and members: 24 hexadecimal characters."""
    return secrets.token_hex(12)


def user_uid() -> str:
    """Return an anonymous user's identifier."""
    return "anon_" + secrets.token_hex(8)


def organization_uid() -> str:
    """Return an organisation's identifier."""
    return "org_" + secrets.token_hex(8)


def team_id() -> str:
    """Return a team's identifier."""
    return "team_" + secrets.token_hex(6)


def event_id() -> str:
    """Return a webhook event's identifier."""
    return f"evt_{uuid.uuid4()}"


def invite_id() -> str:
    """Return a short invite token."""
    return secrets.token_urlsafe(9)


def session_token() -> str:
    """Return the secret in a signed URL, 256 bits."""
    return secrets.token_urlsafe(32)


def api_key() -> str:
    """Return a new API key."""
    return "sandbox_" + secrets.token_urlsafe(32)


def webhook_secret() -> str:
    """Return a new webhook secret: 64 hexadecimal characters."""
    return secrets.token_hex(32)
