"""Resetting a photo session: the provider deletes it with its pictures, and the person can start another."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from portal.db import transaction
from portal.domain import job_types, stages
from portal.domain.errors import NotFound
from portal.failpoints import failpoint
from portal.models import audit, queue, shoots
from portal.models.people import Person
from portal.services.app_context import AppContext
from portal.services.shoot_sync import apply_status


def request_reset(person_id: UUID, *, actor: Person, now: datetime) -> None:
    """Have the person's open session deleted at the provider.

    Raises:
        NotFound: they have no open session at the provider.
    """
    with transaction():
        shoot = shoots.find_open(person_id)
        if shoot is None or shoot.provider_id is None:
            raise NotFound
        queue.start_job_now(job_types.RESET_SESSION, shoot_id=str(shoot.id))
        audit.create_entry("shoot.reset", at=now, actor_id=actor.id, subject_id=person_id)


def reset_session(shoot_id: UUID, context: AppContext) -> None:
    """Delete the session at the provider, and with it what is stored of it here. Can run twice.

    Raises:
        ProviderError: the provider could not be reached.
    """
    with transaction():
        shoot = shoots.find_by_id(shoot_id)
        provider_id = shoot.provider_id if shoot is not None and shoot.closed_at is None else None
    if provider_id is None:
        return
    context.provider.delete_model(provider_id)
    failpoint("reset.after_delete")
    with transaction():
        shoot = shoots.lock_shoot(shoot_id)
        if shoot is not None and shoot.closed_at is None:
            now = context.clock()
            apply_status(shoot, stages.DELETED, at=now, by="check", now=now)
