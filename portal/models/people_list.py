"""One page of people with the facts from which their stage is derived, in one query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ScalarSelect, Select, and_, func, or_, select, true, tuple_
from sqlalchemy.sql.selectable import LateralFromClause

from portal.db import db
from portal.domain.session_lifetimes import LIFETIMES
from portal.models.choices import Choice
from portal.models.consents import Consent
from portal.models.people import Person
from portal.models.photos import AVAILABLE, Photo
from portal.models.sessions import Session
from portal.models.shoots import Shoot

_BY_NAME = (func.lower(Person.name), Person.id)


@dataclass(frozen=True)
class PersonRow:
    """One person with their latest shoot; the shoot's fields are None if there is none.

    Attributes:
        agreed_at: when they agreed to the current policy; None without an active consent to it.
        chosen_at: when they made their current choice.
        chosen_shoot_id: the shoot of the chosen photo; None for an own photo.
        sign_ins: number of sessions that have not expired.
    """

    person: Person
    agreed_at: datetime | None
    shoot_id: UUID | None
    provider_status: str | None
    status_since: datetime | None
    has_link: bool
    problem: str | None
    requested_at: datetime | None
    copied_at: datetime | None
    closed_at: datetime | None
    chosen_at: datetime | None
    chosen_shoot_id: UUID | None
    sign_ins: int


@dataclass(frozen=True, kw_only=True)
class PeopleFilter:
    """Criteria of a list of people; None does not filter.

    Attributes:
        search: part of a name or an address.
        team: a group of which they are a member; deactivated people are left out.
    """

    search: str | None = None
    role: str | None = None
    team: str | None = None


def list_rows(
    chosen: PeopleFilter, *, policy_version: str, now: datetime, after: UUID | None, limit: int
) -> list[PersonRow]:
    """List people ordered by name, starting after the person with the id ``after``."""
    query = _apply_filter(_select_people(policy_version, now), chosen).order_by(*_BY_NAME).limit(limit)
    last = db.session.get(Person, after) if after is not None else None
    if last is not None:
        query = query.where(tuple_(*_BY_NAME) > tuple_(func.lower(last.name), last.id))
    return [PersonRow(*found) for found in db.session.execute(query)]


def _apply_filter(query: Select[*tuple[Any, ...]], chosen: PeopleFilter) -> Select[*tuple[Any, ...]]:
    if chosen.search is not None:
        parts = (Person.name, Person.email)
        query = query.where(or_(*(part.icontains(chosen.search, autoescape=True) for part in parts)))
    if chosen.role is not None:
        query = query.where(or_(Person.role == chosen.role, Person.roles.contains([chosen.role])))
    if chosen.team is not None:
        query = query.where(Person.groups.contains([chosen.team]), Person.deactivated_at.is_(None))
    return query


def _select_agreed_at(policy_version: str) -> ScalarSelect[Any]:
    query = select(func.max(Consent.given_at)).where(
        Consent.person_id == Person.id, Consent.policy_version == policy_version, Consent.withdrawn_at.is_(None)
    )
    return query.correlate(Person).scalar_subquery()


def _select_current_choice() -> LateralFromClause:
    return (
        select(Choice.acted_at, Choice.shoot_id)
        .join(Photo, Photo.id == Choice.photo_id)
        .where(
            Choice.person_id == Person.id,
            Choice.withdrawn_at.is_(None),
            AVAILABLE,
        )
        .order_by(Choice.acted_at.desc(), Choice.recorded_at.desc())
        .limit(1)
        .lateral("chosen")
    )


def _select_people(policy_version: str, now: datetime) -> Select[*tuple[Any, ...]]:
    shoot = (
        select(Shoot)
        .where(Shoot.person_id == Person.id)
        .order_by(Shoot.closed_at.is_not(None), Shoot.requested_at.desc())
        .limit(1)
        .lateral("latest")
    )
    chosen = _select_current_choice()
    unexpired = (
        and_(
            Person.role == role,
            Session.active_at > now - lifetime.idle,
            Session.created_at > now - lifetime.absolute,
        )
        for role, lifetime in LIFETIMES.items()
    )
    sign_ins = select(func.count()).select_from(Session).where(Session.person_id == Person.id, or_(*unexpired))
    return (
        select(
            Person,
            _select_agreed_at(policy_version),
            shoot.c.id,
            shoot.c.provider_status,
            shoot.c.status_since,
            shoot.c.signed_url.is_not(None),
            shoot.c.problem,
            shoot.c.requested_at,
            shoot.c.copied_at,
            shoot.c.closed_at,
            chosen.c.acted_at,
            chosen.c.shoot_id,
            sign_ins.correlate(Person).scalar_subquery(),
        )
        .select_from(Person)
        .outerjoin(shoot, true())
        .outerjoin(chosen, true())
    )
