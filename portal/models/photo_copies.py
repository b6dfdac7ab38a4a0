"""Photos that are listed at the provider and not in our storage, and shoots whose list has to be compared again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update

from portal.db import db
from portal.domain import stages
from portal.domain.stages import Problem
from portal.models.photos import Photo
from portal.models.shoots import Shoot

_MISSING = and_(Photo.copied_at.is_(None), Photo.removed_at.is_(None))
_PENDING = and_(_MISSING, Photo.refused.is_(None))
_CAN_COPY = and_(
    Shoot.closed_at.is_(None),
    Shoot.provider_status == stages.ACTIVE,
    or_(Shoot.problem.is_(None), Shoot.problem == Problem.NO_PHOTOS),
)


@dataclass(frozen=True)
class MissingPhotos:
    """Photos of one shoot that are listed and not in our storage.

    Attributes:
        pending: copied or tried again by a job.
        refused: given up, counted by reason.
    """

    pending: int
    refused: dict[str, int]

    @property
    def refused_count(self) -> int:
        """Number of photos that were given up."""
        return sum(self.refused.values())


def count_missing(shoot_id: UUID) -> MissingPhotos:
    """Count the photos of a shoot that are not in our storage."""
    query = select(Photo.refused, func.count()).where(Photo.shoot_id == shoot_id, _MISSING).group_by(Photo.refused)
    pending, refused = 0, {}
    for reason, count in db.session.execute(query):
        if reason is None:
            pending = count
        else:
            refused[reason] = count
    return MissingPhotos(pending, refused)


def list_pending(shoot_id: UUID) -> list[Photo]:
    """Return the photos of a shoot that are neither copied, refused nor removed."""
    return list(db.session.scalars(select(Photo).where(Photo.shoot_id == shoot_id, _PENDING)))


def reset_failures(shoot_id: UUID) -> int:
    """Let every missing photo of a shoot be tried again, in the caller's transaction; return their number."""
    values = {"refused": None, "failure": None, "failing_since": None}
    found = db.session.scalars(
        update(Photo).where(Photo.shoot_id == shoot_id, _MISSING).values(values).returning(Photo.id)
    )
    return len(found.all())


def list_shoots_with_pending(limit: int) -> list[UUID]:
    """Return open finished shoots with photos that are still to be copied."""
    query = select(Shoot.id).where(_CAN_COPY, exists().where(Photo.shoot_id == Shoot.id, _PENDING))
    return list(db.session.scalars(query.limit(limit)))


def list_shoots_to_check(now: datetime, *, min_interval: timedelta, max_age: timedelta, limit: int) -> list[UUID]:
    """Return finished shoots whose list of photos is due to be compared, the longest overdue first.

    The interval is the age of the photos at the last comparison, so it doubles each time.

    Args:
        now: the present, UTC.
        min_interval: shortest time between two comparisons.
        max_age: shoots finished longer ago are not compared.
        limit: at most so many.
    """
    due_at = _get_due_time(min_interval)
    query = (
        select(Shoot.id)
        .where(_CAN_COPY, Shoot.finished_at > now - max_age, or_(Shoot.photos_checked_at.is_(None), due_at <= now))
        .order_by(Shoot.photos_checked_at.is_not(None), due_at)
        .limit(limit)
    )
    return list(db.session.scalars(query))


def _get_due_time(min_interval: timedelta) -> ColumnElement[datetime | None]:
    return Shoot.photos_checked_at + func.greatest(min_interval, Shoot.photos_checked_at - Shoot.finished_at)


def list_refused() -> Iterator[tuple[UUID, str]]:
    """Yield the photos of open shoots that were given up, with the reason."""
    query = select(Photo.id, Photo.refused).join(Shoot, Shoot.id == Photo.shoot_id)
    query = query.where(_MISSING, Photo.refused.is_not(None), Shoot.closed_at.is_(None))
    for photo_id, reason in db.session.execute(query):
        yield photo_id, reason or ""


def list_pending_in_open_shoots(before: datetime) -> Iterator[tuple[UUID, UUID]]:
    """Yield photo and shoot of photos that are to be copied and listed before this moment."""
    query = select(Photo.id, Photo.shoot_id).join(Shoot, Shoot.id == Photo.shoot_id)
    for photo_id, shoot_id in db.session.execute(query.where(_PENDING, _CAN_COPY, Photo.created_at < before)):
        if shoot_id is not None:
            yield photo_id, shoot_id
