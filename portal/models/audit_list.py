"""Queries that list the audit trail: the newest entries first, with the names of people who are not erased."""

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
from portal.models.listed_people import ListedPerson
from portal.models.people import Person


@dataclass(frozen=True, kw_only=True)
class AuditFilter:
    """Criteria of a list of entries; None does not filter.

    Attributes:
        people: ids of actors or subjects.
        actors: ids of actors.
        subjects: ids of subjects.
        since: at or after this time, UTC.
        until: before this time, UTC.
    """

    action: str | None = None
    people: tuple[UUID, ...] | None = None
    actors: tuple[UUID, ...] | None = None
    subjects: tuple[UUID, ...] | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class AuditListItem:
    """One entry of a list.

    Attributes:
        position: the entry's position in the chain.
        actor: name of the actor; None without an actor, or if they are erased.
        subject: name of the subject, their address if they are only expected; None as for the actor.
    """

    entry: AuditEntry
    position: int | None
    digest: bytes | None
    actor: str | None
    subject: str | None


def list_newest(criteria: AuditFilter, limit: int, *, before_id: int | None = None) -> list[AuditListItem]:
    """List entries with ids below ``before_id``, the newest first."""
    actor, subject = aliased(Person), aliased(Person)
    # An expected person has a row of the list and no account.
    subject_name = func.coalesce(subject.name, func.nullif(ListedPerson.name, ""), ListedPerson.email)
    query = (
        select(AuditEntry, AuditLink.position, AuditLink.digest, actor.name, subject_name)
        .outerjoin(AuditLink, AuditLink.entry_id == AuditEntry.id)
        .outerjoin(actor, actor.id == AuditEntry.actor_id)
        .outerjoin(subject, subject.id == AuditEntry.subject_id)
        .outerjoin(ListedPerson, ListedPerson.id == AuditEntry.subject_id)
        .where(*_build_conditions(criteria))
        .order_by(AuditEntry.id.desc())
        .limit(limit)
    )
    if before_id is not None:
        query = query.where(AuditEntry.id < before_id)
    rows = db.session.execute(query)
    return [AuditListItem(*row) for row in rows]


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
    """List the ids of people with this address, or with this text in their name."""
    search = text.casefold()
    name = func.lower(Person.name).contains(search, autoescape=True)
    query = select(Person.id).where(or_(func.lower(Person.email) == search, name)).order_by(Person.name).limit(limit)
    return tuple(db.session.scalars(query))


def find_last_verification() -> AuditEntry | None:
    """Return the entry of the last verification of the whole trail, None before the first."""
    query = select(AuditEntry).where(AuditEntry.action == VERIFIED).order_by(AuditEntry.id.desc()).limit(1)
    return db.session.scalar(query)


def _build_conditions(criteria: AuditFilter) -> Iterator[ColumnElement[bool]]:
    if criteria.action is not None:
        yield AuditEntry.action == criteria.action
    if criteria.people is not None:
        yield or_(AuditEntry.actor_id.in_(criteria.people), AuditEntry.subject_id.in_(criteria.people))
    if criteria.actors is not None:
        yield AuditEntry.actor_id.in_(criteria.actors)
    if criteria.subjects is not None:
        yield AuditEntry.subject_id.in_(criteria.subjects)
    if criteria.since is not None:
        yield AuditEntry.at >= criteria.since
    if criteria.until is not None:
        yield AuditEntry.at < criteria.until
