"""Results of the last health check, one row a component; the worker writes them, the console shows them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, false, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, db


class HealthCheck(Base):
    """The last result of one component; ``position`` keeps the order of the checks."""

    __tablename__ = "health_checks"

    component: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    is_ok: Mapped[bool]
    text: Mapped[str]
    checked_at: Mapped[datetime]
    is_warning: Mapped[bool] = mapped_column(default=False, server_default=false())


def store_results(results: list[tuple[str, bool, str, bool]], *, now: datetime) -> None:
    """Replace the results, component, is_ok, text and is_warning; a component no longer checked is removed."""
    rows = [
        {
            "component": component,
            "position": position,
            "is_ok": is_ok,
            "text": text,
            "checked_at": now,
            "is_warning": is_warning,
        }
        for position, (component, is_ok, text, is_warning) in enumerate(results)
    ]
    query = insert(HealthCheck).values(rows)
    changes = {name: query.excluded[name] for name in ("position", "is_ok", "text", "checked_at", "is_warning")}
    db.session.execute(query.on_conflict_do_update(index_elements=["component"], set_=changes))
    db.session.execute(delete(HealthCheck).where(HealthCheck.component.not_in([row["component"] for row in rows])))


def list_results() -> list[HealthCheck]:
    """List the last results in the order of the checks."""
    query = select(HealthCheck).order_by(HealthCheck.position)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))
