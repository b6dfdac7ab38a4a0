"""Signed URLs of sessions: their form, renewal and expiry."""

from __future__ import annotations

from datetime import timedelta

from sandbox import ids
from sandbox.clock import parse_iso
from sandbox.core import Sandbox
from sandbox.store import models
from sandbox.store.database import Connection
from sandbox.store.models import Model


def build_signed_url(sandbox: Sandbox, model: Model) -> str:
    """Return the URL that gives access to the session without an account."""
    return f"{sandbox.public_url}/auth/social?token={model.token}&anonymous=1"


def renew_token(sandbox: Sandbox, db: Connection, model: Model) -> Model:
    """Replace the token of a model. The previous one is invalid."""
    models.update_model(db, model.id, token=ids.generate_session_token(), token_at=sandbox.now(), token_dead=0)
    return models.find_model(db, model.id) or model


def is_expired(sandbox: Sandbox, model: Model) -> bool:
    """Return whether the signed URL has expired."""
    switches = sandbox.switches
    if model.token_dead or model.status == "deleted":
        return True
    if switches.session_ends_with_onboarding and model.status != "onboarding":
        return True
    ttl = switches.signed_url_ttl_seconds
    return bool(ttl) and sandbox.clock.now() >= parse_iso(model.token_at) + timedelta(seconds=ttl)
