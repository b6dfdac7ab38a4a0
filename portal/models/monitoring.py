"""Queries for monitoring: counts of webhooks and shoots, and the list of unfinished shoots."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, and_, case, exists, func, or_, select

from portal.db import db
from portal.domain import stages
from portal.models import delivery_totals, waiting_room
from portal.models.deliveries import Delivery
from portal.models.erasures import Erasure
from portal.models.link_reports import LinkReport
from portal.models.people import Person
from portal.models.shoots import Shoot


@dataclass(frozen=True)
class DeliveryCounts:
    """Number of webhooks by state.

    Attributes:
        stale: authentic webhooks with a timestamp too old to be applied.
        last_at: when the latest was received, None before the first.
        oldest_pending_at: when the oldest that is not applied was received, None if all are applied.
    """

    received: int
    pending: int
    dead: int
    ignored: int
    stale: int
    last_at: datetime | None
    oldest_pending_at: datetime | None


def count_deliveries() -> DeliveryCounts:
    """Count the webhooks by state: each figure comes from a small index, and no row is read."""

    def count(*conditions: ColumnElement[bool]) -> ScalarSelect[int]:
        return select(func.count()).select_from(Delivery).where(*conditions).scalar_subquery()

    row = db.session.execute(
        select(
            delivery_totals.build_count(),
            count(Delivery.state == "pending"),
            count(Delivery.state == "dead"),
            count(Delivery.state == "ignored"),
            # As the condition of its index has it; "stale IS TRUE" would read every row.
            count(Delivery.stale.expression),
            select(func.max(Delivery.received_at)).scalar_subquery(),
            select(func.min(Delivery.received_at)).where(Delivery.state == "pending").scalar_subquery(),
        )
    ).one()
    return DeliveryCounts(*row)


def count_deliveries_by_state() -> dict[str, int]:
    """Count the webhooks by state, with all that are neither pending, dead nor ignored as applied."""
    counts = count_deliveries()
    others = {"pending": counts.pending, "dead": counts.dead, "ignored": counts.ignored}
    return {"applied": counts.received - sum(others.values()), **others}


@dataclass(frozen=True)
class Figures:
    """Single figures that are read together.

    Attributes:
        last_confirmed_at: when the provider last confirmed the status of any shoot.
        queue_length: people who pressed start and have no session yet.
        erasures: unfinished erasures, the oldest requested at ``oldest_erasure_at``.
    """

    last_confirmed_at: datetime | None
    queue_length: int
    erasures: int
    oldest_erasure_at: datetime | None


def read_figures() -> Figures:
    """Read all single figures in one statement."""
    is_unfinished = Erasure.finished_at.is_(None)
    query = select(
        select(func.max(Shoot.confirmed_at)).scalar_subquery(),
        waiting_room.build_waiting_count(),
        select(func.count()).where(is_unfinished).scalar_subquery(),
        select(func.min(Erasure.requested_at)).where(is_unfinished).scalar_subquery(),
    )
    return Figures(*db.session.execute(query).one())


def compute_apply_seconds_p95(since: datetime) -> float | None:
    """Return the 95th percentile of the seconds from receipt to application, for deliveries since this time."""
    lag = func.extract("epoch", Delivery.applied_at - Delivery.received_at)
    query = select(func.percentile_cont(0.95).within_group(lag)).where(
        Delivery.received_at >= since, Delivery.applied_at.is_not(None)
    )
    found = db.session.scalar(query)
    return None if found is None else float(found)


@dataclass(frozen=True)
class StatusCounts:
    """The open shoots with one provider status; ``status`` is None before the session is created.

    Attributes:
        stuck: unfinished, without a problem and longer in this status than usual.
        needing_help: unfinished, with a problem or a studio that the person cannot open.
        unfinished_since: when the unfinished one that is longest in this status came to it.
    """

    status: str | None
    count: int
    stuck: int
    needing_help: int
    unfinished_since: datetime | None


_SINCE = func.coalesce(Shoot.status_since, Shoot.requested_at)
_IS_UNFINISHED = Shoot.copied_at.is_(None)


def count_shoots(now: datetime) -> list[StatusCounts]:
    """Count the open shoots by status; only the rows of unfinished ones are read."""
    status = Shoot.provider_status
    open_shoots = select(status, func.count().label("count")).where(Shoot.closed_at.is_(None)).group_by(status)
    unfinished = (
        select(
            status,
            func.count().filter(_build_is_stuck(now)).label("stuck"),
            func.count().filter(_build_needs_help()).label("needing_help"),
            func.min(_SINCE).label("since"),
        )
        .where(Shoot.closed_at.is_(None), _IS_UNFINISHED)
        .group_by(status)
    )
    every, some = open_shoots.subquery(), unfinished.subquery()
    query = select(
        every.c.provider_status,
        every.c.count,
        func.coalesce(some.c.stuck, 0),
        func.coalesce(some.c.needing_help, 0),
        some.c.since,
    ).outerjoin(some, some.c.provider_status.is_not_distinct_from(every.c.provider_status))
    return [StatusCounts(*row) for row in db.session.execute(query)]


def _build_is_stuck(now: datetime) -> ColumnElement[bool]:
    limit = case(
        dict(stages.MAX_DURATIONS),
        value=Shoot.provider_status,
        else_=case((Shoot.provider_status.is_(None), stages.MAX_CREATION), else_=stages.MAX_PROCESSING),
    )
    is_deleted = Shoot.provider_status == stages.DELETED
    return and_(Shoot.problem.is_(None), is_deleted.is_not(True), now - _SINCE > limit)


def _build_needs_help() -> ColumnElement[bool]:
    is_reported = exists().where(LinkReport.shoot_id == Shoot.id, LinkReport.done_at.is_(None))
    return or_(Shoot.problem.is_not(None), and_(Shoot.provider_status == stages.ONBOARDING, is_reported))


@dataclass(frozen=True)
class OpenShoot:
    """An unfinished shoot with its person."""

    person_id: UUID
    name: str
    email: str
    status: str | None
    since: datetime
    problem: str | None
    confirmed_at: datetime | None
    confirmed_by: str | None
    link_reported_at: datetime | None


def list_stuck(now: datetime, limit: int) -> list[OpenShoot]:
    """List unfinished shoots that have been in their status longer than usual, the longest first."""
    return _list_unfinished(_build_is_stuck(now), limit)


def list_needing_help(limit: int) -> list[OpenShoot]:
    """List unfinished shoots that need an operator, the one longest in its status first."""
    return _list_unfinished(_build_needs_help(), limit)


def _list_unfinished(condition: ColumnElement[bool], limit: int) -> list[OpenShoot]:
    # The limit is applied before the join, which would otherwise read all people.
    ids = select(Shoot.id).where(Shoot.closed_at.is_(None), _IS_UNFINISHED, condition).order_by(_SINCE).limit(limit)
    reported = (
        select(LinkReport.reported_at)
        .where(LinkReport.shoot_id == Shoot.id, LinkReport.done_at.is_(None))
        .correlate(Shoot)
        .scalar_subquery()
    )
    query = (
        select(
            Person.id,
            Person.name,
            Person.email,
            Shoot.provider_status,
            _SINCE,
            Shoot.problem,
            Shoot.confirmed_at,
            Shoot.confirmed_by,
            reported,
        )
        .join(Person, Person.id == Shoot.person_id)
        .where(Shoot.id.in_(ids))
        .order_by(_SINCE)
    )
    return [OpenShoot(*row) for row in db.session.execute(query)]
