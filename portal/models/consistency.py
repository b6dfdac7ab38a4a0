"""Consistency queries: each finds rows that contradict each other, so none should find any."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, cast, exists, func, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute

from portal.db import db
from portal.domain.stages import Problem
from portal.models.audit import EXPIRED, AuditEntry
from portal.models.choices import Choice
from portal.models.consents import Consent
from portal.models.photos import Photo, Rendition
from portal.models.shoots import Shoot


def list_people_with_two_open_shoots() -> Iterator[UUID]:
    """Yield people with more than one open shoot."""
    query = select(Shoot.person_id).where(Shoot.closed_at.is_(None)).group_by(Shoot.person_id)
    yield from db.session.scalars(query.having(func.count() > 1))


def list_shoots_to_copy(before: datetime) -> Iterator[UUID]:
    """Yield shoots without a problem, finished before this moment, whose photos are not copied; each needs a job."""
    query = select(Shoot.id).where(
        Shoot.closed_at.is_(None),
        Shoot.provider_status == "active",
        Shoot.copied_at.is_(None),
        Shoot.problem.is_(None),
        or_(Shoot.confirmed_at.is_(None), Shoot.confirmed_at < before),
    )
    yield from db.session.scalars(query)


def list_without_photos() -> Iterator[UUID]:
    """Yield finished shoots of which no photo could be copied."""
    yield from db.session.scalars(select(Shoot.id).where(Shoot.closed_at.is_(None), Shoot.problem == Problem.NO_PHOTOS))


def list_choices_without_photo(before: datetime) -> Iterator[UUID]:
    """Yield the latest choice of each shoot that was recorded before this moment and whose photo was never copied.

    A photo that is still tried again is no violation, nor is one of an earlier run.
    """
    place = func.row_number().over(
        partition_by=Choice.shoot_id, order_by=(Choice.acted_at.desc(), Choice.recorded_at.desc())
    )
    latest = (
        select(Choice.id, Choice.photo_id, Choice.recorded_at, Choice.acted_at, Choice.shoot_id, place.label("place"))
        .where(Choice.withdrawn_at.is_(None))
        .subquery()
    )
    query = (
        select(latest.c.id)
        .join(Photo, Photo.id == latest.c.photo_id)
        .join(Shoot, Shoot.id == latest.c.shoot_id)
        .where(
            latest.c.place == 1,
            Shoot.closed_at.is_(None),
            latest.c.recorded_at < before,
            or_(Shoot.restarted_at.is_(None), latest.c.acted_at > Shoot.restarted_at),
            Photo.copied_at.is_(None),
            or_(Photo.refused.is_not(None), Photo.removed_at.is_not(None)),
        )
    )
    yield from db.session.scalars(query)


def list_copied_without_photos() -> Iterator[UUID]:
    """Yield copied shoots that have no photo to show."""
    has_photo = exists().where(Photo.shoot_id == Shoot.id, Photo.copied_at.is_not(None), Photo.removed_at.is_(None))
    query = select(Shoot.id).where(Shoot.copied_at.is_not(None), Shoot.problem.is_(None), ~has_photo)
    yield from db.session.scalars(query)


def list_photos_without_renditions() -> Iterator[UUID]:
    """Yield copied photos that have no rendition."""
    has_rendition = exists().where(Rendition.photo_id == Photo.id)
    query = select(Photo.id).where(Photo.copied_at.is_not(None), Photo.removed_at.is_(None), ~has_rendition)
    yield from db.session.scalars(query)


def list_choices_of_other_shoots() -> Iterator[UUID]:
    """Yield choices whose photo is not of their shoot."""
    query = select(Choice.id).join(Photo, Photo.id == Choice.photo_id)
    yield from db.session.scalars(query.where(Photo.shoot_id.is_distinct_from(Choice.shoot_id)))


def _is_in_trail(at: ColumnElement[Any] | InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """Return whether an entry of this time has not expired."""
    expired_before = cast(func.max(AuditEntry.detail["before"].astext), DateTime(timezone=True))
    start = select(expired_before).where(AuditEntry.action == EXPIRED).scalar_subquery()
    return func.coalesce(at >= start, true())


def list_shoots_without_audit() -> Iterator[UUID]:
    """Yield shoots whose present status has no audit entry."""
    has_entry = exists().where(
        AuditEntry.subject_id == Shoot.person_id,
        AuditEntry.action == "shoot.status",
        AuditEntry.detail["after"].astext == func.left(Shoot.provider_status, 40),
    )
    yield from db.session.scalars(
        select(Shoot.id).where(
            Shoot.provider_status.is_not(None),
            ~has_entry,
            _is_in_trail(func.coalesce(Shoot.status_since, Shoot.requested_at)),
        )
    )


def list_consents_without_audit() -> Iterator[UUID]:
    """Yield consents given or withdrawn without an audit entry."""

    def is_written(action: str, at: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
        entry = exists().where(
            AuditEntry.subject_id == Consent.person_id, AuditEntry.action == action, AuditEntry.at == at
        )
        return entry | ~_is_in_trail(at)

    is_withdrawn = Consent.withdrawn_at.is_not(None) & ~is_written("consent.withdrawn", Consent.withdrawn_at)
    query = select(Consent.id).where(~is_written("consent.given", Consent.given_at) | is_withdrawn)
    yield from db.session.scalars(query)


def list_choices_without_audit() -> Iterator[UUID]:
    """Yield choices without an audit entry."""
    has_entry = exists().where(
        AuditEntry.subject_id == Choice.person_id,
        AuditEntry.action == "choice.made",
        AuditEntry.at == Choice.recorded_at,
    )
    yield from db.session.scalars(select(Choice.id).where(~has_entry, _is_in_trail(Choice.recorded_at)))
