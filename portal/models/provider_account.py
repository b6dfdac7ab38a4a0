"""The last state of the account at the provider: organization, teams and counts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, db


class ProviderAccount(Base):
    """The last responses, one row.

    Attributes:
        content: organization, teams and counts; without names or addresses of people.
        read_at: when they were read; None before the first time.
        error: why the last reading or change failed, None when it succeeded.
    """

    __tablename__ = "provider_account"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    read_at: Mapped[datetime | None]
    error: Mapped[str | None]


def store_content(content: dict[str, Any], *, now: datetime) -> None:
    """Store the state of the account, and clear the last error."""
    values = {"content": content, "read_at": now, "error": None}
    query = insert(ProviderAccount).values(id=1, **values)
    db.session.execute(query.on_conflict_do_update(index_elements=["id"], set_=values))


def store_error(error: str) -> None:
    """Store why a reading or change failed; what was known stays."""
    query = insert(ProviderAccount).values(id=1, content={}, read_at=None, error=error)
    db.session.execute(query.on_conflict_do_update(index_elements=["id"], set_={"error": error}))


def find_account() -> ProviderAccount | None:
    """Return what is known, freshly read; None before the first reading."""
    return db.session.get(ProviderAccount, 1, populate_existing=True)
