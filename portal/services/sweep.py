"""The sweep: lists everything at the provider and repairs what no webhook announced."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from portal.db import transaction
from portal.domain import job_types, stages
from portal.domain.stages import Problem
from portal.failpoints import failpoint
from portal.models import locks, photo_copies, queue, shoots
from portal.models import waiting_room as waiting
from portal.provider import ProviderClient
from portal.provider.wire_types import Model
from portal.services import (
    credits,
    deliveries,
    erasure,
    monitoring,
    notifications,
    session_recovery,
    shoot_sync,
    waiting_room,
)
from portal.services.app_context import AppContext

log = logging.getLogger(__name__)


# Beyond this many open sessions only the unfinished ones are listed, except once an hour.
LIST_ALL_UP_TO = 200
UNFINISHED = (stages.ONBOARDING, stages.WAITING, "pending", "generatingHeadshots", stages.FAILED)
LOCK = "sweep"
# Work this old has lost its job.
STALE_AFTER = timedelta(minutes=10)
# Each finished shoot's list of photos is compared again after ten minutes, then at doubling intervals.
MIN_PHOTO_CHECK = timedelta(minutes=10)
PHOTO_CHECKS_FOR = timedelta(days=30)
MAX_PHOTO_CHECKS = 100


@dataclass(frozen=True)
class SweepResult:
    """Counts of one sweep."""

    listed: int
    changed: int
    missing: int
    favorites: int


def reconcile_shoots(context: AppContext, *, full: bool = True) -> SweepResult | None:
    """Compare the provider's sessions with the portal's and apply the differences.

    One call for each 200 sessions listed, one for each 200 favorites and one for each session of the portal
    that is not where it should be. Copies are enqueued. Running it again changes nothing.

    Args:
        context: provider and clock.
        full: list every session, not only the unfinished ones.

    Returns:
        The counts; None when another process is sweeping.

    Raises:
        ProviderError: the provider could not be asked.
    """
    with locks.acquire_exclusive(LOCK) as acquired:
        if not acquired:
            return None
        requested_at = context.clock()
        with transaction():
            open_ids = shoots.list_open_ids()
            unfinished = {shoot.provider_id for shoot in shoots.list_unfinished() if shoot.provider_id}
        everything = full or len(open_ids) <= LIST_ALL_UP_TO
        listed = list(_list_models(context.provider, everything))
        failpoint("sweep.after_list")
        changed = sum(_apply_model(model, requested_at, context.clock()) for model in listed if model.id in open_ids)
        expected = set(open_ids) if everything else unfinished
        missing = expected - {model.id for model in listed}
        for provider_id in missing:
            shoot_sync.refresh_shoot(open_ids[provider_id], context)
        session_recovery.reconcile_missing_sessions(context)
        result = SweepResult(len(listed), changed, len(missing), _apply_favorites(context))
        _enqueue_copies(context.clock())
        _requeue_stale(context)
        monitoring.report_stuck_shoots(context)
    log.info("sweep.completed", extra=asdict(result))
    return result


def _list_models(provider: ProviderClient, everything: bool) -> Iterator[Model]:
    if everything:
        yield from provider.list_models()
        return
    for status in UNFINISHED:
        yield from provider.list_models(status=status)


def _apply_model(model: Model, requested_at: datetime, now: datetime) -> bool:
    with transaction():
        found = shoots.find_by_provider_id(model.id)
        shoot = shoots.lock_shoot(found.id) if found else None
        if shoot is None or shoot.closed_at is not None:
            return False
        before = shoot.provider_status
        return (
            shoot_sync.apply_model(shoot, model, requested_at=requested_at, now=now) and shoot.provider_status != before
        )


def _apply_favorites(context: AppContext) -> int:
    requested_at = context.clock()
    found = 0
    for favorite in context.provider.list_favorites(include="main"):
        if favorite.model_id is None:
            continue
        with transaction():
            known = shoots.find_by_provider_id(favorite.model_id)
            shoot = shoots.lock_shoot(known.id) if known else None
            if shoot is None or shoot.closed_at is not None or shoot.copied_at is None:
                continue
            if shoot_sync.apply_listed_favorite(shoot, favorite.id, acted_at=requested_at, now=context.clock()):
                found += 1
    return found


def _enqueue_copies(now: datetime) -> None:
    """Enqueue the copy of missing photos, and of shoots whose list is due to be compared with the provider's."""
    with transaction():
        due = photo_copies.list_shoots_to_check(
            now, min_interval=MIN_PHOTO_CHECK, max_age=PHOTO_CHECKS_FOR, limit=MAX_PHOTO_CHECKS
        )
        for shoot_id in {*photo_copies.list_shoots_with_pending(MAX_PHOTO_CHECKS), *due}:
            queue.enqueue_job(job_types.COPY_PHOTOS, shoot_id=str(shoot_id))


def _requeue_stale(context: AppContext) -> None:
    """Enqueue again what lost its job, and check the balance if people wait for credits."""
    long_ago = context.clock() - STALE_AFTER
    deliveries.requeue_stale(before=long_ago)
    notifications.requeue_stale(before=long_ago)
    erasure.requeue_stale(before=long_ago)
    waiting_room.requeue_stale(before=long_ago)
    with transaction():
        is_anyone_waiting = waiting.count_held_up_by(Problem.NO_CREDITS) > 0
    if is_anyone_waiting:
        credits.refresh_balance(context)
