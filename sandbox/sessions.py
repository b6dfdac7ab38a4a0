"""Signed URLs: where they lead and when they die; who may have one is decided elsewhere."""

from __future__ import annotations

from datetime import timedelta

from sandbox import ids
from sandbox.clock import parse_iso
from sandbox.core import Sandbox
from sandbox.store import models
from sandbox.store.database import Connection
from sandbox.store.models import Model


def signed_url(sandbox: Sandbox, model: Model) -> str:
    """Return the address that lets its holder do the session without an account."""
    return f"{sandbox.public_url}/auth/social?token={model.token}&anonymous=1"


def renew(sandbox: Sandbox, db: Connection, model: Model) -> Model:
    """Give a model a fresh token; the one before stops working."""
    models.change(db, model.id, token=ids.session_token(), token_at=sandbox.now(), token_dead=0)
    return models.by_id(db, model.id) or model


def is_expired(sandbox: Sandbox, model: Model) -> bool:
    """Tell whether the signed URL has died."""
    now = sandbox.switches
    if model.token_dead or model.status == "deleted":
        return True
    if now.session_ends_with_onboarding and model.status != "onboarding":
        return True
    ttl = now.signed_url_ttl_seconds
    return bool(ttl) and sandbox.clock.now() >= parse_iso(model.token_at) + timedelta(seconds=ttl)
