"""The balance as the provider last told it, and how much of it is spoken for."""

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
    """One row: what the provider said last; a balance of NULL is one it did not want to tell."""

    __tablename__ = "credit_balance"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    balance: Mapped[Decimal | None] = mapped_column(Numeric)
    read_at: Mapped[datetime]


def store_balance(balance: Decimal | None, *, now: datetime) -> None:
    """Keep what the provider said."""
    said = {"balance": balance, "read_at": now}
    query = insert(CreditBalance).values(id=1, **said)
    db.session.execute(query.on_conflict_do_update(index_elements=["id"], set_=said))


def find_balance() -> CreditBalance | None:
    """Return what the provider said last, None when it was never asked."""
    return db.session.get(CreditBalance, 1, populate_existing=True)


# A credit is taken when somebody has handed in their photos; sessions for trying things out cost none.
_COSTS = (Shoot.closed_at.is_(None), Shoot.is_development.is_(False))
_IN_STUDIO = Shoot.provider_status == ONBOARDING
_REQUESTED = and_(
    Shoot.provider_id.is_(None),
    Shoot.left_at.is_(None),
    or_(Shoot.problem.is_(None), Shoot.problem == Problem.NO_CREDITS),
)


def count_in_studio() -> int:
    """Count the sessions that exist and have not cost their credit yet."""
    return db.session.scalar(select(func.count()).where(*_COSTS, _IN_STUDIO)) or 0


def count_reserved() -> int:
    """Count the sessions that were asked for or exist, and have not cost their credit yet."""
    return db.session.scalar(select(func.count()).where(*_COSTS, or_(_IN_STUDIO, _REQUESTED))) or 0
