"""The credit balance last read from the provider, and the number of credits that are reserved."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import Numeric, ScalarSelect, and_, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, db
from portal.domain.stages import ONBOARDING, Problem
from portal.models.shoots import Shoot

# Without a change one reading a day is stored.
READING_INTERVAL = timedelta(days=1)


class CreditBalance(Base):
    """The balance last read, one row; NULL if the provider's response contained no balance.

    Attributes:
        low_since: since when the balance is below the alert's threshold; None while it is not.
    """

    __tablename__ = "credit_balance"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    balance: Mapped[Decimal | None] = mapped_column(Numeric)
    read_at: Mapped[datetime]
    low_since: Mapped[datetime | None]


class CreditReading(Base):
    """One balance read in the past: each change, and one a day without any."""

    __tablename__ = "credit_readings"

    at: Mapped[datetime] = mapped_column(primary_key=True)
    balance: Mapped[Decimal] = mapped_column(Numeric)


def store_balance(balance: Decimal | None, *, now: datetime) -> None:
    """Store the balance read from the provider."""
    values = {"balance": balance, "read_at": now}
    query = insert(CreditBalance).values(id=1, **values)
    db.session.execute(query.on_conflict_do_update(index_elements=["id"], set_=values))
    if balance is not None:
        _store_reading(balance, now)


def _store_reading(balance: Decimal, now: datetime) -> None:
    newest = select(CreditReading).order_by(CreditReading.at.desc()).limit(1)
    last = db.session.scalar(newest.execution_options(populate_existing=True))
    if last is None or last.balance != balance or last.at <= now - READING_INTERVAL:
        query = insert(CreditReading).values(at=now, balance=balance)
        db.session.execute(query.on_conflict_do_update(index_elements=["at"], set_={"balance": balance}))


def list_readings(since: datetime) -> list[tuple[datetime, Decimal]]:
    """List the readings since a time and the last one before it, the oldest first."""
    before = select(func.max(CreditReading.at)).where(CreditReading.at < since).scalar_subquery()
    query = select(CreditReading.at, CreditReading.balance)
    query = query.where(CreditReading.at >= func.coalesce(before, since)).order_by(CreditReading.at)
    return [(at, balance) for at, balance in db.session.execute(query)]


def delete_readings(before: datetime) -> int:
    """Delete the readings before a time; return their number."""
    query = delete(CreditReading).where(CreditReading.at < before).returning(CreditReading.at)
    return len(db.session.scalars(query).all())


def update_low_since(threshold: int, *, now: datetime) -> datetime | None:
    """Record in the caller's transaction whether the balance is below a threshold.

    Returns:
        When it became low, if that is now; None if it is not low, was so already, or is unknown.
    """
    query = select(CreditBalance).where(CreditBalance.id == 1).with_for_update()
    found = db.session.scalar(query.execution_options(populate_existing=True))
    if found is None or found.balance is None:
        return None
    if found.balance >= threshold:
        found.low_since = None
        return None
    if found.low_since is not None:
        return None
    found.low_since = now
    return now


def find_balance() -> CreditBalance | None:
    """Return the balance last read, None before the first reading."""
    return db.session.get(CreditBalance, 1, populate_existing=True)


# The provider charges a credit when the person submits their photos; development sessions are free.
_COSTS = (Shoot.closed_at.is_(None), Shoot.is_development.is_(False))
_IN_STUDIO = Shoot.provider_status == ONBOARDING
_REQUESTED = and_(
    Shoot.provider_id.is_(None),
    Shoot.left_at.is_(None),
    or_(Shoot.problem.is_(None), Shoot.problem == Problem.NO_CREDITS),
)


def count_reserved() -> int:
    """Count the requested and existing sessions whose credit is not charged yet."""
    return db.session.scalar(select(_build_reserved_count())) or 0


def _build_reserved_count() -> ScalarSelect[int]:
    return select(func.count()).where(*_COSTS, or_(_IN_STUDIO, _REQUESTED)).scalar_subquery()


def count_reserved_and_waiting() -> tuple[int, int]:
    """Count the reserved credits, and the open shoots that wait for a credit."""
    waiting = select(func.count()).where(Shoot.closed_at.is_(None), Shoot.problem == Problem.NO_CREDITS)
    reserved, held_up = db.session.execute(select(_build_reserved_count(), waiting.scalar_subquery())).one()
    return reserved, held_up
