"""Recovers shoots whose session does not exist at the provider although a create returned it."""

from __future__ import annotations

import logging
from uuid import UUID

from portal.db import transaction
from portal.domain.studio_address import build_studio_address
from portal.models import audit, deliveries, erasures, people, shoots
from portal.models.shoots import Shoot
from portal.provider.wire_types import Model
from portal.services import deliveries as delivery_service
from portal.services import shoot_sync, start_jobs
from portal.services.app_context import AppContext
from portal.services.shoot_creation import CLOCK_SKEW

log = logging.getLogger(__name__)


def reconcile_missing_sessions(context: AppContext) -> int:
    """Find the session of every shoot whose own was never confirmed, by e-mail address; else create another.

    A shoot qualifies when only the response to the create named its session, and neither the list nor a read has
    had it for some minutes.

    Returns:
        The number of shoots that were adopted or reopened.

    Raises:
        ProviderError: the provider could not be reached.
    """
    before = context.clock() - shoot_sync.CONFIRM_MISSING_AFTER
    with transaction():
        missing = [(shoot.id, shoot.person_id, shoot.address_number) for shoot in shoots.list_never_confirmed(before)]
    return sum(_restore(*each, context) for each in missing)


def _restore(shoot_id: UUID, person_id: UUID, address_number: int | None, context: AppContext) -> bool:
    with transaction():
        person = people.find_person(person_id)
        email = person.email if person else None
    if email is None:
        return False
    found = context.provider.find_model_by_email(build_studio_address(email, address_number))
    now = context.clock()
    with transaction():
        shoot = shoots.lock_shoot(shoot_id)
        if shoot is None or shoot.closed_at is not None or shoot.missing_since is None:
            return False
        if found is not None and _can_adopt(shoot, found):
            log.warning("shoot.session_adopted", extra={"shoot": str(shoot_id)})
            shoot.provider_id = found.id
            shoot_sync.apply_model(shoot, found, requested_at=now, now=now)
            delivery_service.requeue_unmatched(found.id)
        else:
            log.warning("shoot.session_reopened", extra={"shoot": str(shoot_id)})
            _reopen(shoot)
        audit.create_entry(
            "shoot.session_recovered", at=now, subject_id=person_id, adopted=shoot.provider_id is not None
        )
        people.publish_version(person_id)
        return True


def _can_adopt(shoot: Shoot, found: Model) -> bool:
    deliveries.lock_model_id(found.id)
    owner = shoots.find_by_provider_id(found.id)
    # An older session of the same address may be another person's; the start that follows requires an admin.
    is_recent = found.created_at is None or found.created_at >= shoot.requested_at - CLOCK_SKEW
    return is_recent and (owner is None or owner.id == shoot.id) and not erasures.has_tombstone(found.id)


def _reopen(shoot: Shoot) -> None:
    """Put the shoot back into the queue; the next attempt searches for a session before it creates one."""
    shoot.provider_id = shoot.provider_status = shoot.signed_url = None
    shoot.status_at = shoot.status_since = shoot.minted_at = shoot.missing_since = None
    shoot.confirmed_at = shoot.confirmed_by = shoot.attempted_at = shoot.retry_at = None
    shoot.opened_at = shoot.last_opened_at = shoot.problem = None
    shoot.attempts_without_session = min(shoot.attempts_without_session, shoot.attempts - 1)
    start_jobs.enqueue_start_job(shoot)
