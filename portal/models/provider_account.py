"""The last state of the account at the provider: organization, teams and counts; and the calls made to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import DateTime, bindparam, case, func, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, db
from portal.models.budget import ProviderCall

_FAILED_FROM = 400
_RATE_LIMITED = 429


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


@dataclass(frozen=True)
class EndpointCalls:
    """Calls to one endpoint over a period; times in milliseconds, ``p95_ms`` the 95th percentile."""

    method: str
    path: str
    count: int
    failed: int
    rate_limited: int
    mean_ms: float
    p95_ms: float


@dataclass(frozen=True)
class CallsOfDay:
    """Calls to one endpoint with one result on a UTC day; ``status`` is None where no response came.

    Times are in milliseconds: ``p95_ms`` the 95th percentile, ``max_ms`` the longest.
    """

    day: date
    method: str
    path: str
    status: int | None
    count: int
    mean_ms: float
    p95_ms: float
    max_ms: float


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


def list_calls_by_endpoint(since: datetime) -> list[EndpointCalls]:
    """List the calls since a moment by endpoint, the most frequent first."""
    # Part of the text: a plan made for any moment would expect few calls, and sort all of them instead of reading them
    # in the order of the index.
    at = bindparam("since", since, DateTime(timezone=True), literal_execute=True)
    query = (
        select(
            ProviderCall.method,
            ProviderCall.path_template,
            func.count(),
            func.count(case((func.coalesce(ProviderCall.status, 599) >= _FAILED_FROM, 1))),
            func.count(case((ProviderCall.status == _RATE_LIMITED, 1))),
            func.avg(ProviderCall.duration_ms),
            func.percentile_cont(0.95).within_group(ProviderCall.duration_ms),
        )
        .where(ProviderCall.at >= at)
        .group_by(ProviderCall.method, ProviderCall.path_template)
        .order_by(func.count().desc(), ProviderCall.path_template)
    )
    return [EndpointCalls(*row) for row in db.session.execute(query)]


def count_calls(since: datetime) -> int:
    """Count the calls since a moment."""
    return db.session.scalar(select(func.count()).select_from(ProviderCall).where(ProviderCall.at >= since)) or 0


def count_calls_by_day(since: datetime) -> list[tuple[date, int, int]]:
    """Count the calls since a moment by UTC day, and how many of them met the rate limit."""
    day = func.date(func.timezone("UTC", ProviderCall.at))
    limited = func.count(case((ProviderCall.status == _RATE_LIMITED, 1)))
    query = select(day, func.count(), limited).where(ProviderCall.at >= since).group_by(day).order_by(day)
    return [(found, count, rejected) for found, count, rejected in db.session.execute(query)]


def list_calls_by_result(since: datetime) -> list[CallsOfDay]:
    """List the calls since a moment by UTC day, endpoint and status."""
    day = func.date(func.timezone("UTC", ProviderCall.at))
    key = (day, ProviderCall.method, ProviderCall.path_template, ProviderCall.status)
    query = (
        select(
            *key,
            func.count(),
            func.avg(ProviderCall.duration_ms),
            func.percentile_cont(0.95).within_group(ProviderCall.duration_ms),
            func.max(ProviderCall.duration_ms),
        )
        .where(ProviderCall.at >= since)
        .group_by(*key)
        .order_by(day, ProviderCall.path_template, ProviderCall.method, ProviderCall.status)
    )
    return [CallsOfDay(*row) for row in db.session.execute(query)]
