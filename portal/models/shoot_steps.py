"""Steps: when each shoot reached them, and how long they took in the shoots that have passed them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import Double, ForeignKey, Identity, Index, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, db


class ShootStep(Base):
    """A shoot's arrival at one step of its present run.

    Attributes:
        uncertainty: seconds by which it may have happened earlier, because only a read found it; None if unknown.
    """

    __tablename__ = "shoot_steps"

    shoot_id: Mapped[UUID] = mapped_column(ForeignKey("shoots.id", ondelete="CASCADE"), primary_key=True)
    step: Mapped[str] = mapped_column(primary_key=True)
    began_at: Mapped[datetime]
    uncertainty: Mapped[float | None] = mapped_column("doubt", Double)


class Duration(Base):
    """How long one shoot was in one step; not linked to a person."""

    __tablename__ = "durations"
    __table_args__ = (Index("ix_durations_latest", "step", "is_development", "kept_at"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    step: Mapped[str]
    is_development: Mapped[bool]
    seconds: Mapped[float] = mapped_column(Double)
    kept_at: Mapped[datetime]


def get_steps(shoot_id: UUID) -> dict[str, ShootStep]:
    """Return the steps this shoot has reached, by name."""
    found = db.session.scalars(select(ShootStep).where(ShootStep.shoot_id == shoot_id))
    return {each.step: each for each in found}


def store_step(shoot_id: UUID, step: str, *, at: datetime, uncertainty: float | None, drop: Iterable[str]) -> None:
    """Store, in the caller's transaction, that a step begins, and delete the steps in ``drop``."""
    db.session.execute(delete(ShootStep).where(ShootStep.shoot_id == shoot_id, ShootStep.step.in_(list(drop))))
    values = {"began_at": at, "doubt": uncertainty}
    db.session.execute(
        insert(ShootStep)
        .values(shoot_id=shoot_id, step=step, **values)
        .on_conflict_do_update(index_elements=["shoot_id", "step"], set_=values)
    )


def create_duration(step: str, *, is_development: bool, seconds: float, now: datetime) -> None:
    """Store, in the caller's transaction, how long a step took."""
    db.session.add(Duration(step=step, is_development=is_development, seconds=seconds, kept_at=now))


def list_latest_durations(before: datetime, *, is_development: bool, limit: int) -> dict[str, list[float]]:
    """Return the latest durations of each step, in seconds, kept before this moment."""
    number = func.row_number().over(partition_by=Duration.step, order_by=(Duration.kept_at.desc(), Duration.id.desc()))
    ranked = (
        select(Duration.step, Duration.seconds, number.label("number"))
        .where(Duration.is_development.is_(is_development), Duration.kept_at < before)
        .subquery()
    )
    found: dict[str, list[float]] = {}
    for step, seconds in db.session.execute(select(ranked.c.step, ranked.c.seconds).where(ranked.c.number <= limit)):
        found.setdefault(step, []).append(seconds)
    return found


def delete_old_durations(keep: int) -> int:
    """Delete all but the latest durations of each step."""
    number = func.row_number().over(
        partition_by=(Duration.step, Duration.is_development), order_by=(Duration.kept_at.desc(), Duration.id.desc())
    )
    ranked = select(Duration.id, number.label("number")).subquery()
    old = select(ranked.c.id).where(ranked.c.number > keep)
    return len(db.session.scalars(delete(Duration).where(Duration.id.in_(old)).returning(Duration.id)).all())
