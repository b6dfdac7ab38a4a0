"""The sweep: lists everything at the provider and repairs what no webhook announced."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from portal.db import transaction
from portal.domain import job_types, stages
from portal.domain.stages import Problem
from portal.failpoints import failpoint
from portal.models import locks, photo_copies, provider_lists, queue, shoots
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

ItemT = TypeVar("ItemT")


# Beyond this many open sessions only the unfinished ones are listed, except once an hour.
LIST_ALL_UP_TO = 200
UNFINISHED = (stages.ONBOARDING, stages.WAITING, "pending", "generatingHeadshots", stages.FAILED)
LOCK = "sweep"
# Shoots are compared so many at a time; their rows are locked as long as one statement takes.
ITEMS_AT_ONCE = 1000
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
    that is not where it should be; a few statements for each 1,000 that did not change. Copies are enqueued. Running
    it again changes nothing.

    Args:
        context: provider and clock.
        full: list every session, not only the unfinished ones.

    Returns:
        The counts; None when another process is sweeping.

    Raises:
        ProviderError: the provider could not be reached.
    """
    with locks.acquire_exclusive(LOCK) as acquired:
        if not acquired:
            return None
        requested_at = context.clock()
        with transaction():
            open_ids = shoots.list_open_ids()
            unfinished = shoots.list_unfinished_provider_ids()
        everything = full or len(open_ids) <= LIST_ALL_UP_TO
        listed = list(_list_models(context.provider, everything))
        failpoint("sweep.after_list")
        changed = _apply_models([model for model in listed if model.id in open_ids], requested_at, context)
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


def _apply_models(listed: Sequence[Model], requested_at: datetime, context: AppContext) -> int:
    """Apply what the provider listed; return how many shoots changed. Those that did not take a statement for many."""
    changed = 0
    # A session that moved meanwhile may be in two lists; the later one counts.
    for part in _split(list({model.id: model for model in listed}.values())):
        facts = [(model.id, model.status, model.finished_at) for model in part if not model.is_deleted]
        with transaction():
            confirmed = provider_lists.confirm_unchanged(facts, requested_at=requested_at, now=context.clock())
        changed += sum(
            _apply_model(model, requested_at, context.clock()) for model in part if model.id not in confirmed
        )
    return changed


def _split(items: Sequence[ItemT]) -> Iterator[Sequence[ItemT]]:
    return (items[start : start + ITEMS_AT_ONCE] for start in range(0, len(items), ITEMS_AT_ONCE))


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
    listed = context.provider.list_favorites(include="main")
    favorites = [(favorite.model_id, favorite.id) for favorite in listed if favorite.model_id is not None]
    found = 0
    for part in _split(favorites):
        with transaction():
            new = provider_lists.list_new_favorites(part)
        for model_id, photo_id in new:
            found += _apply_favorite(model_id, photo_id, requested_at, context.clock())
    return found


def _apply_favorite(model_id: str, photo_id: str, requested_at: datetime, now: datetime) -> bool:
    with transaction():
        known = shoots.find_by_provider_id(model_id)
        shoot = shoots.lock_shoot(known.id) if known else None
        if shoot is None or shoot.closed_at is not None or shoot.copied_at is None:
            return False
        return shoot_sync.apply_listed_favorite(shoot, photo_id, acted_at=requested_at, now=now)


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
