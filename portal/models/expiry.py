"""The rows that each rule of the retention table applies to, with the time at which their period started."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, cast, delete, exists, func, null, or_, select
from sqlalchemy import Date as SqlDate

from portal.db import db
from portal.domain import retention
from portal.domain.erasure import ErasureScope
from portal.domain.retention import RetentionRule
from portal.models import campaign_searches, choices
from portal.models.archives import Archive
from portal.models.audit_links import AuditLink
from portal.models.campaigns import Campaign
from portal.models.choices import Choice
from portal.models.deliveries import Delivery
from portal.models.erasures import Erasure
from portal.models.exports import Export
from portal.models.notifications import Notification
from portal.models.people import Person
from portal.models.photos import Photo, Rendition
from portal.models.roster import RosterEntry
from portal.models.roster_imports import RosterImport, has_contents
from portal.models.sessions import Session
from portal.models.shoots import Shoot

Rows = Select[Any]
"""A query with the columns ``id`` and ``start``."""


@dataclass(frozen=True)
class ExpiryQuery:
    """The rows that one rule of the retention table applies to.

    Attributes:
        rows: their ids, each with the time at which its period started.
        is_end: whether that time is the end itself, because the period was added when the row was created.
    """

    rows: Rows
    is_end: bool = False


def _select(id_column: ColumnElement[Any] | Any, start: ColumnElement[Any] | Any) -> Rows:
    return select(id_column.label("id"), start.label("start"))


def _select_unchosen() -> Rows:
    return (
        _select(Photo.id, Shoot.copied_at)
        .join(Shoot, Shoot.id == Photo.shoot_id)
        .where(Photo.removed_at.is_(None), Shoot.copied_at.is_not(None))
        .where(Photo.id.is_distinct_from(choices.build_current_photo_id(Shoot.person_id)))
    )


def _select_own() -> Rows:
    last_choice = select(func.max(Choice.acted_at)).where(Choice.person_id == Photo.person_id).scalar_subquery()
    return (
        _select(Photo.id, func.greatest(Photo.created_at, last_choice))
        .where(Photo.person_id.is_not(None), Photo.removed_at.is_(None))
        .where(Photo.id.is_distinct_from(choices.build_current_photo_id(Photo.person_id)))
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
    """Select mails that are done; the period of one starts when its photo session or campaign has ended."""
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
    return _select(RosterImport.id, RosterImport.created_at).where(
        RosterImport.state.not_in(("scheduled", "applying")), has_contents()
    )


def _select_removed() -> Rows:
    return _select(Photo.id, Photo.removed_at).where(
        Photo.removed_at.is_not(None), exists().where(Rendition.photo_id == Photo.id)
    )


EXPIRY_QUERIES: Mapping[str, ExpiryQuery] = {
    retention.UNCHOSEN_PHOTOS.key: ExpiryQuery(_select_unchosen()),
    retention.LEAVERS_PHOTOS.key: ExpiryQuery(_select_leavers()),
    retention.OWN_PHOTOS.key: ExpiryQuery(_select_own()),
    retention.REMOVED_FILES.key: ExpiryQuery(_select_removed()),
    retention.INACTIVE_PEOPLE.key: ExpiryQuery(_select_inactive()),
    retention.SESSIONS.key: ExpiryQuery(_select(Session.public_id, Session.expires_at), is_end=True),
    retention.WEBHOOK_BODIES.key: ExpiryQuery(
        _select(Delivery.id, Delivery.received_at).where(Delivery.body.is_not(None))
    ),
    retention.DELIVERIES.key: ExpiryQuery(
        _select(Delivery.id, Delivery.received_at).where(Delivery.state != "pending")
    ),
    retention.MAILS.key: ExpiryQuery(_select_mails()),
    retention.DOWNLOADS.key: ExpiryQuery(_select(Archive.id, Archive.expires_at), is_end=True),
    retention.EXPORTS.key: ExpiryQuery(
        _select(Export.id, Export.expires_at).where(Export.storage_key.is_not(None)), is_end=True
    ),
    retention.EXPORT_RECORDS.key: ExpiryQuery(
        _select(Export.id, Export.created_at).where(Export.storage_key.is_(None))
    ),
    retention.IMPORTED_LINES.key: ExpiryQuery(_select_imports()),
    retention.NO_SIGN_IN.key: ExpiryQuery(_select_without_sign_in()),
    retention.AUDIT_TRAIL.key: ExpiryQuery(_select(AuditLink.entry_id, AuditLink.received_at)),
    retention.ERASURE_RECEIPTS.key: ExpiryQuery(
        _select(Erasure.id, Erasure.finished_at).where(Erasure.finished_at.is_not(None))
    ),
}
"""The rows of each rule about people's data, by the key of the rule."""


def list_due_ids(rule: RetentionRule, before: datetime, limit: int) -> list[UUID]:
    """List ids of rows whose period started before this time, those that started first first."""
    rows = EXPIRY_QUERIES[rule.key].rows.subquery()
    query = select(rows.c.id).where(rows.c.start < before).order_by(rows.c.start, rows.c.id).limit(limit)
    return list(db.session.scalars(query))


def is_due(rule: RetentionRule, row_id: UUID, before: datetime) -> bool:
    """Return whether the period of one row started before this time."""
    rows = EXPIRY_QUERIES[rule.key].rows.subquery()
    return db.session.scalar(select(rows.c.id).where(rows.c.id == row_id, rows.c.start < before)) is not None


def find_start(rule: RetentionRule, row_id: UUID) -> datetime | None:
    """Return when the period of one row started, None if it has not."""
    rows = EXPIRY_QUERIES[rule.key].rows.subquery()
    start: datetime | None = db.session.scalar(select(rows.c.start).where(rows.c.id == row_id))
    return start


def count_due(rule: RetentionRule, before: datetime) -> int:
    """Count the rows whose period started before this time."""
    rows = EXPIRY_QUERIES[rule.key].rows.subquery()
    return db.session.scalar(select(func.count()).select_from(rows).where(rows.c.start < before)) or 0


def count_by_start(rule: RetentionRule, before: datetime) -> dict[date, int]:
    """Count the rows whose period started before this time by the day, UTC, on which it started."""
    rows = EXPIRY_QUERIES[rule.key].rows.subquery()
    day = cast(func.timezone("UTC", rows.c.start), SqlDate)
    query = select(day, func.count()).where(and_(rows.c.start < before, rows.c.start.is_distinct_from(null())))
    return {row[0]: row[1] for row in db.session.execute(query.group_by(day).order_by(day))}


def delete_mails(before: datetime, limit: int) -> int:
    """Delete a batch of mails that are done and whose period started before this time; return how many."""
    found = list_due_ids(retention.MAILS, before, limit)
    db.session.execute(delete(Notification).where(Notification.id.in_(found)))
    return len(found)


def delete_without_sign_in(before: datetime, limit: int) -> int:
    """Delete a batch of roster entries of people who never signed in; return how many.

    A sign-in that joins an entry meanwhile is waited for, and keeps it.
    """
    searching = campaign_searches.lock_searching()
    found = list_due_ids(retention.NO_SIGN_IN, before, limit)
    query = delete(RosterEntry).where(RosterEntry.id.in_(found), RosterEntry.person_id.is_(None)).returning(RosterEntry)
    deleted = [campaign_searches.build_named_person(entry) for entry in db.session.scalars(query)]
    campaign_searches.delete_naming(searching, deleted)
    return len(found)
