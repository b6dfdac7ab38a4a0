"""Proves that the provider creates sessions for this key: makes a development session and deletes it at once."""

from __future__ import annotations

import secrets
from typing import Any
from uuid import UUID

from portal.db import release_connection, transaction
from portal.domain import job_types
from portal.domain.studio_address import build_probe_address
from portal.models import audit, queue
from portal.models.people import Person
from portal.provider.errors import ProviderError
from portal.services.app_context import AppContext


def create_test_session(actor: Person, *, context: AppContext) -> bool:
    """Create a development session for a variant of the actor's address and delete it; return whether it is deleted.

    The session costs no credit. One that could not be deleted is among the provider's sessions, where an admin can
    delete it. The checks run again afterwards, so that the health page shows the result.

    Raises:
        ProviderError: the session was not created, or its creation is uncertain.
    """
    actor_id, address = actor.id, build_probe_address(actor.email, secrets.token_hex(4))
    release_connection()
    try:
        created = context.provider.create_model(address, is_development=True, priority="interactive")
    except ProviderError as error:
        _record_result(actor_id, error, context)
        raise
    _record_result(actor_id, None, context)
    try:
        context.provider.delete_model(created.model_id, priority="interactive")
    except ProviderError:
        return False
    return True


def _record_result(actor_id: UUID, error: ProviderError | None, context: AppContext) -> None:
    detail: dict[str, Any] = {}
    if error is not None:
        result = "problem" if error.outcome_unknown else "refused"
        detail = {"result": result, "reason": error.code or type(error).__name__}
    with transaction():
        audit.create_entry("provider.session_probed", at=context.clock(), actor_id=actor_id, **detail)
        queue.start_job_now(job_types.CHECK_HEALTH)
