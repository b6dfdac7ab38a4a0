"""Synchronizes a shoot with the provider: one path for events, reads and sweeps; the newest state wins."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from portal.db import transaction
from portal.domain import job_types, stages
from portal.failpoints import failpoint
from portal.models import audit, choices, people, photos, queue, shoots
from portal.models.shoots import Shoot
from portal.provider.errors import NotFound
from portal.provider.wire_types import Model
from portal.services import progress
from portal.services.app_context import AppContext

log = logging.getLogger(__name__)


# A single 404 can be an error; two this far apart are not.
CONFIRM_MISSING_AFTER = timedelta(minutes=5)
# How soon the same shoot is read again for reasons of the same kind.
MIN_REFRESH_INTERVAL = timedelta(seconds=20)
# The smallest step of time the database keeps.
TIME_RESOLUTION = timedelta(microseconds=1)

Source = Literal["create", "event", "check"]


def apply_status(
    shoot: Shoot, status: str, *, at: datetime, by: Source, now: datetime, finished_at: datetime | None = None
) -> None:
    """Apply a provider status to a shoot, in the caller's transaction.

    Args:
        shoot: locked by the caller.
        status: the provider's status; an unknown one counts as in progress.
        at: when it was true: the event's time, or the time of the request.
        by: how the status was received.
        now: the present, UTC.
        finished_at: when the provider finished it, None if not sent.
    """
    before = shoot.provider_status
    uncertainty = _compute_uncertainty(shoot, at=at, by=by)
    if status not in stages.KNOWN_STATUSES and status != before:
        log.warning("shoot.status_unknown", extra={"status": status[:40]})
    shoot.provider_status = status
    shoot.status_at = at
    shoot.confirmed_at, shoot.confirmed_by = now, by
    shoot.missing_since = None
    starts_over = before == stages.ACTIVE and (status != before or _is_another_run(shoot, finished_at))
    if status != before:
        # A changed status means that the problem is solved.
        shoot.status_since, shoot.problem = at, None
    if starts_over:
        _reset_run(shoot, now)
    if starts_over or progress.is_step_back(before, status):
        shoot.restarted_at = at
    if status == stages.ACTIVE:
        shoot.photos_awaited_since = shoot.photos_awaited_since or now
        shoot.finished_at = shoot.finished_at or finished_at or at
        _enqueue_first_copy(shoot, by)
    if status == stages.DELETED and shoot.closed_at is None:
        shoot.closed_at = now
    if status != before:
        progress.record_step(shoot, before, at=at, uncertainty=uncertainty, now=now)
        _create_status_entry(shoot, before, by=by, now=now)
    if status != before or starts_over:
        people.publish_version(shoot.person_id)


def _create_status_entry(shoot: Shoot, before: str | None, *, by: Source, now: datetime) -> None:
    after = (shoot.provider_status or "")[:40]
    audit.create_entry("shoot.status", at=now, subject_id=shoot.person_id, before=before, after=after, source=by)


def _compute_uncertainty(shoot: Shoot, *, at: datetime, by: Source) -> timedelta | None:
    """Return how much older than ``at`` a change may be; a read only shows that it has happened."""
    if by != "check":
        return timedelta(0)
    return None if shoot.confirmed_at is None else max(at - shoot.confirmed_at, timedelta(0))


def apply_model(shoot: Shoot, model: Model, *, requested_at: datetime, now: datetime) -> bool:
    """Apply, in the caller's transaction, the response to a request sent at ``requested_at``.

    Returns:
        False when something newer was received after the request, so that the response is outdated.
    """
    status = stages.DELETED if model.is_deleted else model.status
    if status != shoot.provider_status and shoot.confirmed_at is not None and shoot.confirmed_at > requested_at:
        return False
    # The provider's clock may be ahead of the portal's; a status known at the request is older than the response.
    at = max(requested_at, shoot.status_at or requested_at)
    apply_status(shoot, status, at=at, by="check", now=now, finished_at=model.finished_at)
    return True


def _is_another_run(shoot: Shoot, finished_at: datetime | None) -> bool:
    """Whether the photos are of a later run than the recorded one: a restart that no webhook announced."""
    return finished_at is not None and shoot.finished_at is not None and finished_at > shoot.finished_at


def _enqueue_first_copy(shoot: Shoot, by: Source) -> None:
    # A read that confirms the known status does not hurry a copy that is retried or was given up; an event does.
    if shoot.copied_at is not None:
        return
    if by == "event":
        enqueue_copy(shoot)
    elif shoot.problem is None:
        queue.enqueue_job(job_types.COPY_PHOTOS, shoot_id=str(shoot.id))


def enqueue_copy(shoot: Shoot) -> None:
    """Enqueue, in the caller's transaction, a copy that starts at once, also when one is scheduled for later."""
    queue.start_job_now(job_types.COPY_PHOTOS, shoot_id=str(shoot.id))


def _reset_run(shoot: Shoot, now: datetime) -> None:
    """Reset a finished shoot: an admin at the provider restarted it and its photos were deleted."""
    shoot.finished_at = None
    shoot.copied_at = None
    shoot.photos_awaited_since = None
    shoot.photos_checked_at = None
    shoot.photo_count = 0
    shoot.problem = None
    for photo in photos.list_by_shoot(shoot.id):
        if photo.removed_at is None:
            photo.removed_at, photo.removed_by = now, "provider"


def is_newer(shoot: Shoot, at: datetime) -> bool:
    """Return whether ``at`` is newer than the recorded status; equal times are not."""
    return shoot.status_at is None or at > shoot.status_at


def enqueue_refresh(shoot: Shoot, *, now: datetime) -> None:
    """Enqueue one re-read of a shoot; a burst of requests costs one call at once and one a little later."""
    at = None
    if shoot.confirmed_by == "check" and shoot.confirmed_at is not None:
        at = max(now, shoot.confirmed_at + MIN_REFRESH_INTERVAL)
    queue.enqueue_job(job_types.REFRESH_SHOOT, at=at, shoot_id=str(shoot.id))


def refresh_shoot(shoot_id: UUID, context: AppContext) -> None:
    """Re-read one shoot from the provider.

    Raises:
        ProviderError: the provider could not be reached.
    """
    with transaction():
        shoot = shoots.find_by_id(shoot_id)
        provider_id = shoot.provider_id if shoot else None
    if provider_id is None:
        return
    requested_at = context.clock()
    try:
        model = context.provider.get_model(provider_id)
    except NotFound:
        record_missing(shoot_id, now=context.clock())
        return
    failpoint("refresh.after_call")
    with transaction():
        shoot = shoots.lock_shoot(shoot_id)
        if shoot is None or shoot.closed_at is not None:
            return
        if not apply_model(shoot, model, requested_at=requested_at, now=context.clock()):
            enqueue_refresh(shoot, now=context.clock())
        failpoint("refresh.before_commit")
    failpoint("refresh.after_commit")


def record_missing(shoot_id: UUID, *, now: datetime) -> None:
    """Record that the provider has no such model; only a second time, minutes later, it counts as deleted."""
    with transaction():
        shoot = shoots.lock_shoot(shoot_id)
        if shoot is None or shoot.closed_at is not None:
            return
        if shoot.missing_since is None:
            shoot.missing_since = now
            log.warning("shoot.missing_at_provider", extra={"shoot": str(shoot_id)})
        elif now - shoot.missing_since >= CONFIRM_MISSING_AFTER and shoot.confirmed_by != "create":
            # A session that only the response to its create named may never have existed: the sweep searches for it.
            apply_status(shoot, stages.DELETED, at=now, by="check", now=now)


def record_studio_favorite(
    shoot: Shoot, provider_photo_id: str, *, key: str, acted_at: datetime, now: datetime
) -> None:
    """Record, in the caller's transaction, a pick in the studio. Idempotent by ``key``."""
    if choices.find_by_key(shoot.id, key) is not None:
        return
    photo = photos.find_by_provider_id(shoot.id, provider_photo_id)
    if photo is None:
        # The pick can be known before the photo has been listed.
        photo = photos.create_photo(shoot.id, provider_photo_id, position=0, now=now)
    photo.is_liked = True
    if photo.copied_at is None and shoot.provider_status == stages.ACTIVE:
        # It counts as the choice as soon as its picture is here.
        photo.refused = photo.failing_since = None
        enqueue_copy(shoot)
    choices.create_choice(shoot.person_id, photo, origin="studio", key=key, acted_at=acted_at, now=now)
    audit.create_entry("choice.made", at=now, subject_id=shoot.person_id, origin="studio")
    people.publish_version(shoot.person_id)


def apply_listed_favorite(shoot: Shoot, provider_photo_id: str, *, acted_at: datetime, now: datetime) -> bool:
    """Apply, in the caller's transaction, a favorite from the provider's list that no event announced.

    The time of the pick is unknown, so it never outranks a later choice in the portal.

    Returns:
        Whether it was new.
    """
    known = choices.find_latest_pick(shoot.id)
    photo = photos.find_by_provider_id(shoot.id, provider_photo_id)
    if photo is not None and (photo.removed_at is not None or (known is not None and known.photo_id == photo.id)):
        return False
    current = choices.find_current(shoot.person_id)
    if current is not None and current.origin == "portal":
        # Just before it: later than every pick in the studio we knew of, and not later than the choice.
        acted_at = min(acted_at, current.acted_at - TIME_RESOLUTION)
    key = f"found:{provider_photo_id}:{known.id if known else 'first'}"
    record_studio_favorite(shoot, provider_photo_id, key=key, acted_at=acted_at, now=now)
    return True


def refresh_favorite(shoot_id: UUID, context: AppContext, *, key: str, acted_at: datetime) -> None:
    """Read from the provider which photo was picked, for events without a photo id.

    Raises:
        ProviderError: the provider could not be reached.
    """
    with transaction():
        shoot = shoots.find_by_id(shoot_id)
        provider_id = shoot.provider_id if shoot else None
    if provider_id is None:
        return
    favorite = context.provider.get_favorite(provider_id)
    if favorite is None:
        return
    failpoint("favorite.after_call")
    with transaction():
        shoot = shoots.lock_shoot(shoot_id)
        if shoot is not None:
            record_studio_favorite(shoot, favorite.id, key=key, acted_at=acted_at, now=context.clock())
    failpoint("favorite.after_keep")
