"""Results of the last health check, one row a component; the worker writes them, the console shows them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, false, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, db


class HealthCheck(Base):
    """The last result of one component; ``position`` keeps the order of the checks.

    ``text`` is the result in English; ``message`` is its sentence and values, which pages translate.
    """

    __tablename__ = "health_checks"

    component: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    is_ok: Mapped[bool]
    text: Mapped[str]
    checked_at: Mapped[datetime]
    is_warning: Mapped[bool] = mapped_column(default=False, server_default=false())
    message: Mapped[dict[str, Any] | None] = mapped_column(JSONB)


@dataclass(frozen=True)
class NewResult:
    """A result to store."""

    component: str
    is_ok: bool
    is_warning: bool
    text: str
    message: dict[str, Any]


def store_results(results: list[NewResult], *, now: datetime) -> None:
    """Replace the results; a component that is no longer checked is removed."""
    rows = [asdict(result) | {"position": number, "checked_at": now} for number, result in enumerate(results)]
    query = insert(HealthCheck).values(rows)
    changes = {name: query.excluded[name] for name in rows[0] if name != "component"}
    db.session.execute(query.on_conflict_do_update(index_elements=["component"], set_=changes))
    db.session.execute(delete(HealthCheck).where(HealthCheck.component.not_in([row["component"] for row in rows])))


def list_results() -> list[HealthCheck]:
    """List the last results in the order of the checks."""
    query = select(HealthCheck).order_by(HealthCheck.position)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))
