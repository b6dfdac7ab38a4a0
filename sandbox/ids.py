"""Random identifiers in the formats of the API's documentation."""

from __future__ import annotations

import secrets
import uuid


def generate_object_id() -> str:
    """Return an id for a model, photo or member: 24 hexadecimal characters."""
    return secrets.token_hex(12)


def generate_member_uid() -> str:
    """Return an anonymous user's identifier."""
    return "anon_" + secrets.token_hex(8)


def generate_organization_uid() -> str:
    """Return an organization's identifier."""
    return "org_" + secrets.token_hex(8)


def generate_team_id() -> str:
    """Return a team's identifier."""
    return "team_" + secrets.token_hex(6)


def generate_event_id() -> str:
    """Return a webhook event's identifier."""
    return f"evt_{uuid.uuid4()}"


def generate_invite_id() -> str:
    """Return an invite id."""
    return secrets.token_urlsafe(9)


def generate_session_token() -> str:
    """Return the secret of a signed URL, 256 bits."""
    return secrets.token_urlsafe(32)


def generate_api_key() -> str:
    """Return a new API key."""
    return "sandbox_" + secrets.token_urlsafe(32)


def generate_webhook_secret() -> str:
    """Return a new webhook secret: 64 hexadecimal characters."""
    return secrets.token_hex(32)
