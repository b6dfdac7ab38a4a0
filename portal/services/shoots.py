"""Requests a session for a person and opens its studio link; sessions are created in ``shoot_creation``."""

from __future__ import annotations

import logging
from datetime import datetime

from portal.db import transaction
from portal.domain.errors import ConsentMissing
from portal.domain.secretbox import DecryptionFailed
from portal.domain.stages import ONBOARDING, Problem
from portal.models import audit, consents, people, shoots
from portal.models.people import Person
from portal.models.shoots import Shoot
from portal.services import another_attempts, notifications, start_jobs
from portal.services.app_context import AppContext

log = logging.getLogger(__name__)


def request_shoot(
    person: Person, *, provider: str, development: bool, now: datetime, renew_after_months: int | None = None
) -> Shoot:
    """Ensure that the person has an open shoot; repeated requests create one.

    The session itself is created when the queue reaches the person; a repeated request keeps the position. A finished
    shoot is followed by another one if an admin granted it or it is older than ``renew_after_months``.

    Raises:
        ConsentMissing: the person has not agreed to the present policy.
    """
    with transaction() as session:
        if consents.find_current(person.id) is None:
            raise ConsentMissing
        existing = shoots.find_open(person.id)
        if existing is not None and not another_attempts.can_follow(
            existing, renew_after_months=renew_after_months, now=now
        ):
            return retry_request(existing)
        if existing is not None:
            # The shoot is locked before the person, as everywhere.
            shoots.lock_shoot(existing.id)
        people.lock_person(person.id)
        # Another press may have been first.
        latest = shoots.find_open(person.id)
        if latest is not None and (existing is None or latest.id != existing.id):
            return latest
        if latest is not None:
            another_attempts.close_finished(latest, now=now)
            session.flush()
        shoot = Shoot(person_id=person.id, provider=provider, is_development=development, requested_at=now, attempts=0)
        session.add(shoot)
        session.flush()
        start_jobs.enqueue_start_job(shoot)
        audit.create_entry("shoot.requested", at=now, actor_id=person.id, subject_id=person.id)
        people.publish_version(person.id)
        return shoot


def retry_request(existing: Shoot) -> Shoot:
    """Retry a request that failed for a reason that may be over, or enqueue one that was never processed."""
    shoot = shoots.lock_shoot(existing.id)
    if shoot is None or shoot.closed_at is not None or shoot.provider_id is not None:
        return existing
    if shoot.problem is not None or shoot.left_at is not None:
        shoot.problem = shoot.left_at = shoot.attempted_at = shoot.retry_at = None
        shoot.failures = 0
        people.publish_version(shoot.person_id)
    start_jobs.enqueue_start_job(shoot)
    return shoot


def rejoin_queue(person: Person) -> None:
    """Put a person who agrees to a new text back in their queue position, in the caller's transaction."""
    existing = shoots.find_open(person.id)
    if existing is not None and existing.left_at is not None:
        retry_request(existing)


def open_studio(person: Person, context: AppContext) -> str | None:
    """Return the link of the person's own open session, None while there is none to enter.

    The link is a password: the caller sends it to its owner in a ``no-store`` response.
    """
    now = context.clock()
    with transaction():
        existing = shoots.find_open(person.id)
        shoot = shoots.lock_shoot(existing.id) if existing else None
        if shoot is None or shoot.signed_url is None or shoot.provider_status != ONBOARDING:
            return None
        if consents.find_current(person.id) is None:
            return None
        try:
            url = context.secretbox.open(shoot.signed_url)
        except DecryptionFailed:
            log.exception("shoot.link_undecryptable")
            shoot.problem = Problem.LINK_LOST
            audit.create_entry("shoot.link_lost", at=now, subject_id=person.id, result="problem")
            notifications.notify_link_lost(shoot, context, cause="cannot_be_opened")
            people.publish_version(person.id)
            return None
        shoot.last_opened_at = now
        if shoot.opened_at is None:
            shoot.opened_at = now
            audit.create_entry("shoot.opened", at=now, actor_id=person.id, subject_id=person.id)
        return url
