"""The log of the calls to the provider, and their totals by day and endpoint for the usage page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import BigInteger, ColumnElement, Date, Double, Identity, case, cast, delete, func, select, text
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from portal.db import Base, db

# The usage page counts calls that took this long or longer, in milliseconds.
SLOW_MS = 1000
_FAILED_FROM = 400
_FAILED_AT_PROVIDER_FROM = 500
_RATE_LIMITED = 429


class ProviderCall(Base):
    """One call and its outcome, without ids and bodies; ``status`` is None where no response came."""

    __tablename__ = "provider_calls"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    method: Mapped[str]
    path_template: Mapped[str]
    status: Mapped[int | None]
    duration_ms: Mapped[float] = mapped_column(Double)
    budget_left: Mapped[int | None]


class ProviderCallTotal(Base):
    """The calls to one endpoint on one UTC day, written with each call, so that no page counts all of them.

    Attributes:
        failed: without a response or with an error status, rate limited ones included.
        slow: took :data:`SLOW_MS` or longer.
        duration_ms: of all together.
    """

    __tablename__ = "provider_call_totals"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    method: Mapped[str] = mapped_column(primary_key=True)
    path_template: Mapped[str] = mapped_column(primary_key=True)
    calls: Mapped[int]
    failed: Mapped[int]
    rate_limited: Mapped[int]
    slow: Mapped[int]
    duration_ms: Mapped[float] = mapped_column(Double)


@dataclass(frozen=True)
class EndpointCalls:
    """Calls to one endpoint over a period; ``mean_ms`` in milliseconds."""

    method: str
    path: str
    count: int
    failed: int
    rate_limited: int
    slow: int
    mean_ms: float


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


# One statement, so that a call is never stored without being added to its total.
_RECORD = text(
    """
    WITH added AS (
        INSERT INTO provider_calls (at, method, path_template, status, duration_ms, budget_left)
        VALUES (:at, :method, :path_template, :status, :duration_ms, :budget_left)
        RETURNING date(at AT TIME ZONE 'UTC') AS day, method, path_template, status, duration_ms
    )
    INSERT INTO provider_call_totals AS total
           (day, method, path_template, calls, failed, rate_limited, slow, duration_ms)
    SELECT day, method, path_template, 1, (COALESCE(status, :failed_from) >= :failed_from)::int,
           COALESCE(status = :rate_limited, false)::int, (duration_ms >= :slow_ms)::int, duration_ms
    FROM added
    ON CONFLICT (day, method, path_template) DO UPDATE
    SET calls = total.calls + EXCLUDED.calls, failed = total.failed + EXCLUDED.failed,
        rate_limited = total.rate_limited + EXCLUDED.rate_limited, slow = total.slow + EXCLUDED.slow,
        duration_ms = total.duration_ms + EXCLUDED.duration_ms
    """
)


def create_call_record(
    *,
    at: datetime,
    method: str,
    path_template: str,
    status: int | None,
    duration_ms: float,
    budget_left: int | None,
) -> None:
    """Store one call and add it to its total, on a connection of its own: a rollback of the caller keeps both."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(
            _RECORD,
            {
                "at": at,
                "method": method,
                "path_template": path_template,
                "status": status,
                "duration_ms": duration_ms,
                "budget_left": budget_left,
                "failed_from": _FAILED_FROM,
                "rate_limited": _RATE_LIMITED,
                "slow_ms": SLOW_MS,
            },
        )


def delete_calls(before: datetime) -> int:
    """Delete the calls made before this time, and the totals of the days before it; return how many calls."""
    query = delete(ProviderCall).where(ProviderCall.at < before).returning(ProviderCall.id)
    count = len(db.session.scalars(query).all())
    db.session.execute(delete(ProviderCallTotal).where(ProviderCallTotal.day < before.date()))
    return count


def count_calls(since: datetime) -> tuple[int, int]:
    """Return the number of calls since this time, and how many of them failed at the provider."""
    failed = _count(func.coalesce(ProviderCall.status, 599) >= _FAILED_AT_PROVIDER_FROM)
    made, bad = db.session.execute(select(func.count(), failed).where(ProviderCall.at >= since)).one()
    return made, bad


def list_calls_by_path(since: datetime) -> list[tuple[str, str, int, int, float]]:
    """List method, path template, count, failures and mean milliseconds of the calls since this time."""
    key = (ProviderCall.method, ProviderCall.path_template)
    failed = _count(func.coalesce(ProviderCall.status, 599) >= _FAILED_FROM)
    query = select(*key, func.count(), failed, func.avg(ProviderCall.duration_ms)).where(ProviderCall.at >= since)
    rows = db.session.execute(query.group_by(*key).order_by(func.count().desc()))
    return [(method, path, count, bad, float(mean)) for method, path, count, bad, mean in rows]


def list_calls_by_endpoint(since: date) -> list[EndpointCalls]:
    """List the calls since a UTC day by endpoint, the most frequent first."""
    total = ProviderCallTotal
    calls = _sum(total.calls)
    query = select(
        total.method,
        total.path_template,
        calls,
        _sum(total.failed),
        _sum(total.rate_limited),
        _sum(total.slow),
        func.sum(total.duration_ms) / calls,
    )
    query = query.where(total.day >= since).group_by(total.method, total.path_template)
    return [EndpointCalls(*row) for row in db.session.execute(query.order_by(calls.desc(), total.path_template))]


def count_calls_by_day(since: date) -> list[tuple[date, int, int]]:
    """Count the calls since a UTC day by day, and how many of them met the rate limit."""
    total = ProviderCallTotal
    query = select(total.day, _sum(total.calls), _sum(total.rate_limited)).where(total.day >= since)
    rows = db.session.execute(query.group_by(total.day).order_by(total.day))
    return [(day, count, rejected) for day, count, rejected in rows]


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


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count(case((condition, 1)))


def _sum(column: InstrumentedAttribute[int]) -> ColumnElement[int]:
    return cast(func.sum(column), BigInteger)
