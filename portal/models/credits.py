"""The credit balance last read from the provider, and the number of credits that are reserved."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import Numeric, and_, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, db
from portal.domain.stages import ONBOARDING, Problem
from portal.models.shoots import Shoot


class CreditBalance(Base):
    """The balance last read, one row; NULL if the provider's response contained no balance."""

    __tablename__ = "credit_balance"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    balance: Mapped[Decimal | None] = mapped_column(Numeric)
    read_at: Mapped[datetime]


def store_balance(balance: Decimal | None, *, now: datetime) -> None:
    """Store the balance read from the provider."""
    values = {"balance": balance, "read_at": now}
    query = insert(CreditBalance).values(id=1, **values)
    db.session.execute(query.on_conflict_do_update(index_elements=["id"], set_=values))


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


def count_in_studio() -> int:
    """Count the existing sessions whose credit is not charged yet."""
    return db.session.scalar(select(func.count()).where(*_COSTS, _IN_STUDIO)) or 0


def count_reserved() -> int:
    """Count the requested and existing sessions whose credit is not charged yet."""
    return db.session.scalar(select(func.count()).where(*_COSTS, or_(_IN_STUDIO, _REQUESTED))) or 0
