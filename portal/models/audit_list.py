"""The audit trail as it is read: the newest entries first, with names where there still are any; nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import aliased

from portal.db import db
from portal.models.audit import VERIFIED, AuditEntry
from portal.models.audit_links import AuditLink
from portal.models.people import Person


@dataclass(frozen=True, kw_only=True)
class AuditFilter:
    """Which entries somebody wants to see; None is all of them.

    Attributes:
        people: whoever did it or had it done to them.
        since: at or after this moment, UTC.
        until: before this moment, UTC.
    """

    action: str | None = None
    people: tuple[UUID, ...] | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class AuditListItem:
    """One entry as it is shown.

    Attributes:
        actor: name of who did it, None when it was nobody or they are erased.
        subject: name of whom it was done to, likewise.
        position: its place in the chain.
    """

    entry: AuditEntry
    position: int | None
    digest: bytes | None
    actor: str | None
    subject: str | None


def list_newest(wanted: AuditFilter, limit: int, *, before_id: int | None = None) -> list[AuditListItem]:
    """Return entries, the newest first, from below ``before_id`` on."""
    actor, subject = aliased(Person), aliased(Person)
    query = (
        select(AuditEntry, AuditLink.position, AuditLink.digest, actor.name, subject.name)
        .outerjoin(AuditLink, AuditLink.entry_id == AuditEntry.id)
        .outerjoin(actor, actor.id == AuditEntry.actor_id)
        .outerjoin(subject, subject.id == AuditEntry.subject_id)
        .where(*_conditions(wanted))
        .order_by(AuditEntry.id.desc())
        .limit(limit)
    )
    if before_id is not None:
        query = query.where(AuditEntry.id < before_id)
    rows = db.session.execute(query)
    return [AuditListItem(entry, place, digest, who, whom) for entry, place, digest, who, whom in rows]


def list_acts_of_others(person_id: UUID, limit: int) -> list[tuple[AuditEntry, str | None]]:
    """Return what other people did with this person's data, the newest first, each with the name of who did it."""
    query = (
        select(AuditEntry, Person.name)
        .outerjoin(Person, Person.id == AuditEntry.actor_id)
        .where(AuditEntry.subject_id == person_id, AuditEntry.actor_id != person_id)
        .order_by(AuditEntry.id.desc())
        .limit(limit)
    )
    return [(entry, name) for entry, name in db.session.execute(query)]


def list_people_like(text: str, limit: int = 50) -> tuple[UUID, ...]:
    """Return the people of this address, or with this in their name."""
    word = text.casefold()
    name = func.lower(Person.name).contains(word, autoescape=True)
    query = select(Person.id).where(or_(func.lower(Person.email) == word, name)).order_by(Person.name).limit(limit)
    return tuple(db.session.scalars(query))


def find_last_verification() -> AuditEntry | None:
    """Return the entry of the last check of the whole trail."""
    query = select(AuditEntry).where(AuditEntry.action == VERIFIED).order_by(AuditEntry.id.desc()).limit(1)
    return db.session.scalar(query)


def _conditions(wanted: AuditFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.action is not None:
        yield AuditEntry.action == wanted.action
    if wanted.people is not None:
        yield or_(AuditEntry.actor_id.in_(wanted.people), AuditEntry.subject_id.in_(wanted.people))
    if wanted.since is not None:
        yield AuditEntry.at >= wanted.since
    if wanted.until is not None:
        yield AuditEntry.at < wanted.until
