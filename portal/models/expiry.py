"""What each clock of the retention table ends: the rows with the time their clock started, for counts and the jobs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, cast, delete, exists, func, null, or_, select
from sqlalchemy import Date as SqlDate
from sqlalchemy.orm import aliased

from portal.db import db
from portal.domain import retention
from portal.domain.erasure import ErasureScope
from portal.domain.retention import Clock
from portal.models.archives import Archive
from portal.models.audit import AuditEntry
from portal.models.campaigns import Campaign
from portal.models.choices import Choice
from portal.models.deliveries import Delivery
from portal.models.erasures import Erasure
from portal.models.exports import Export
from portal.models.notifications import Notification
from portal.models.people import Person
from portal.models.photos import Photo, Rendition
from portal.models.roster import RosterEntry
from portal.models.roster_imports import RosterImport, RosterImportLine
from portal.models.sessions import Session
from portal.models.shoots import Shoot

Rows = Select[Any]
"""A query with the columns ``id`` and ``start``."""


@dataclass(frozen=True)
class ExpiryRule:
    """The rows that one clock ends.

    Attributes:
        rows: their ids, each with the time at which its clock started.
        is_end: whether that time is the end itself, because the period was added when the row was created.
    """

    rows: Rows
    is_end: bool = False


def _select(id_column: ColumnElement[Any] | Any, start: ColumnElement[Any] | Any) -> Rows:
    return select(id_column.label("id"), start.label("start"))


def _select_chosen_photo(person_id: ColumnElement[Any] | Any) -> ColumnElement[Any]:
    """Return the photo of a person's standing choice, as a subquery."""
    chosen = aliased(Photo)
    return (
        select(Choice.photo_id)
        .join(chosen, chosen.id == Choice.photo_id)
        .where(Choice.person_id == person_id, Choice.withdrawn_at.is_(None))
        .where(chosen.copied_at.is_not(None), chosen.removed_at.is_(None))
        .order_by(Choice.acted_at.desc(), Choice.recorded_at.desc())
        .limit(1)
        .scalar_subquery()
    )


def _select_unchosen() -> Rows:
    return (
        _select(Photo.id, Shoot.copied_at)
        .join(Shoot, Shoot.id == Photo.shoot_id)
        .where(Photo.removed_at.is_(None), Shoot.copied_at.is_not(None))
        .where(Photo.id.is_distinct_from(_select_chosen_photo(Shoot.person_id).correlate(Shoot)))
    )


def _select_own() -> Rows:
    last_choice = select(func.max(Choice.acted_at)).where(Choice.person_id == Photo.person_id).scalar_subquery()
    return (
        _select(Photo.id, func.greatest(Photo.created_at, last_choice))
        .where(Photo.person_id.is_not(None), Photo.removed_at.is_(None))
        .where(Photo.id.is_distinct_from(_select_chosen_photo(Photo.person_id).correlate(Photo)))
    )


def _select_leavers() -> Rows:
    has_pictures = or_(exists().where(Shoot.person_id == Person.id), exists().where(Photo.person_id == Person.id))
    is_deleted = exists().where(Erasure.person_id == Person.id, Erasure.finished_at.is_(None))
    return (
        _select(Person.id, func.least(RosterEntry.left_at, Person.deactivated_at))
        .outerjoin(RosterEntry, RosterEntry.person_id == Person.id)
        .where(or_(RosterEntry.left_at.is_not(None), Person.deactivated_at.is_not(None)), has_pictures, ~is_deleted)
    )


def _select_inactive() -> Rows:
    is_deleted = exists().where(
        Erasure.person_id == Person.id, Erasure.finished_at.is_(None), Erasure.scope == ErasureScope.EVERYTHING
    )
    return _select(Person.id, Person.signed_in_at).where(~is_deleted)


def _select_without_sign_in() -> Rows:
    start = func.greatest(
        RosterEntry.created_at,
        RosterEntry.changed_at,
        RosterEntry.listed_at,
        RosterEntry.invited_at,
        RosterEntry.reminded_at,
    )
    return _select(RosterEntry.id, start).where(RosterEntry.person_id.is_(None))


def _select_mails() -> Rows:
    """Select mails that are done; the clock of one waits until its photo session or campaign has ended."""
    start = func.greatest(Notification.sent_at, Notification.dropped_at, Shoot.closed_at, Campaign.ended_at)
    return (
        _select(Notification.id, start)
        .outerjoin(Shoot, Shoot.id == Notification.shoot_id)
        .outerjoin(RosterEntry, RosterEntry.id == Notification.roster_entry_id)
        .outerjoin(Campaign, Campaign.id == RosterEntry.campaign_id)
        .where(or_(Notification.sent_at.is_not(None), Notification.dropped_at.is_not(None)))
        .where(or_(Shoot.id.is_(None), Shoot.closed_at.is_not(None)))
        .where(or_(Campaign.id.is_(None), Campaign.ended_at.is_not(None)))
    )


def _select_imports() -> Rows:
    has_lines = exists().where(RosterImportLine.import_id == RosterImport.id)
    return _select(RosterImport.id, RosterImport.created_at).where(
        RosterImport.state.not_in(("scheduled", "applying")), or_(RosterImport.content.is_not(None), has_lines)
    )


def _select_removed() -> Rows:
    return _select(Photo.id, Photo.removed_at).where(
        Photo.removed_at.is_not(None), exists().where(Rendition.photo_id == Photo.id)
    )


RULES: Mapping[str, ExpiryRule] = {
    retention.UNCHOSEN_PHOTOS.key: ExpiryRule(_select_unchosen()),
    retention.LEAVERS_PHOTOS.key: ExpiryRule(_select_leavers()),
    retention.OWN_PHOTOS.key: ExpiryRule(_select_own()),
    retention.REMOVED_FILES.key: ExpiryRule(_select_removed()),
    retention.INACTIVE_PEOPLE.key: ExpiryRule(_select_inactive()),
    retention.SESSIONS.key: ExpiryRule(_select(Session.public_id, Session.expires_at), is_end=True),
    retention.WEBHOOK_BODIES.key: ExpiryRule(
        _select(Delivery.id, Delivery.received_at).where(Delivery.body.is_not(None))
    ),
    retention.DELIVERIES.key: ExpiryRule(_select(Delivery.id, Delivery.received_at).where(Delivery.state != "pending")),
    retention.MAILS.key: ExpiryRule(_select_mails()),
    retention.DOWNLOADS.key: ExpiryRule(_select(Archive.id, Archive.expires_at), is_end=True),
    retention.EXPORTS.key: ExpiryRule(
        _select(Export.id, Export.expires_at).where(Export.storage_key.is_not(None)), is_end=True
    ),
    retention.EXPORT_RECORDS.key: ExpiryRule(_select(Export.id, Export.created_at).where(Export.storage_key.is_(None))),
    retention.IMPORTED_LINES.key: ExpiryRule(_select_imports()),
    retention.NO_SIGN_IN.key: ExpiryRule(_select_without_sign_in()),
    retention.AUDIT_TRAIL.key: ExpiryRule(_select(AuditEntry.id, AuditEntry.at)),
    retention.ERASURE_RECEIPTS.key: ExpiryRule(
        _select(Erasure.id, Erasure.finished_at).where(Erasure.finished_at.is_not(None))
    ),
}
"""The rows that each clock with data about people ends, by the key of the clock."""


def list_due_ids(clock: Clock, before: datetime, limit: int) -> list[UUID]:
    """List ids of rows whose clock started before this time, those that started first first."""
    rows = RULES[clock.key].rows.subquery()
    query = select(rows.c.id).where(rows.c.start < before).order_by(rows.c.start, rows.c.id).limit(limit)
    return list(db.session.scalars(query))


def is_due(clock: Clock, row_id: UUID, before: datetime) -> bool:
    """Return whether the clock of one row started before this time."""
    rows = RULES[clock.key].rows.subquery()
    return db.session.scalar(select(rows.c.id).where(rows.c.id == row_id, rows.c.start < before)) is not None


def find_start(clock: Clock, row_id: UUID) -> datetime | None:
    """Return when the clock of one row started, None if it does not run."""
    rows = RULES[clock.key].rows.subquery()
    start: datetime | None = db.session.scalar(select(rows.c.start).where(rows.c.id == row_id))
    return start


def count_due(clock: Clock, before: datetime) -> int:
    """Count the rows whose clock started before this time."""
    rows = RULES[clock.key].rows.subquery()
    return db.session.scalar(select(func.count()).select_from(rows).where(rows.c.start < before)) or 0


def count_by_start(clock: Clock, before: datetime) -> dict[date, int]:
    """Count the rows whose clock started before this time by the day, UTC, on which it started."""
    rows = RULES[clock.key].rows.subquery()
    day = cast(func.timezone("UTC", rows.c.start), SqlDate)
    query = select(day, func.count()).where(and_(rows.c.start < before, rows.c.start.is_distinct_from(null())))
    return {found: count for found, count in db.session.execute(query.group_by(day).order_by(day))}  # noqa: C416


def delete_mails(before: datetime, limit: int) -> int:
    """Delete a batch of mails that are done and whose clock started before this time; return how many."""
    found = list_due_ids(retention.MAILS, before, limit)
    db.session.execute(delete(Notification).where(Notification.id.in_(found)))
    return len(found)


def delete_without_sign_in(before: datetime, limit: int) -> int:
    """Delete a batch of roster entries of people who never signed in; return how many.

    A sign-in that joins an entry meanwhile is waited for, and keeps it.
    """
    found = list_due_ids(retention.NO_SIGN_IN, before, limit)
    db.session.execute(delete(RosterEntry).where(RosterEntry.id.in_(found), RosterEntry.person_id.is_(None)))
    return len(found)
