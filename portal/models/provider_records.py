"""Members, sessions, invites and favorites of the provider's account, as last read; one row each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Index, String, any_, delete, func, insert, literal, or_, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, db
from portal.models.people import Person
from portal.models.shoots import Shoot


class RecordKind(StrEnum):
    """Which of the provider's lists a record is from."""

    MEMBER = "member"
    MODEL = "model"
    INVITE = "invite"
    FAVORITE = "favorite"


class ProviderRecord(Base):
    """One item of a list of the provider's account.

    Attributes:
        key: the provider's id of the item; for an invite the address.
        position: place in the provider's list; items added later by this portal have negative ones.
        email: in lower case.
    """

    __tablename__ = "provider_records"
    __table_args__ = (
        Index("ix_provider_records_position", "kind", "position", "key"),
        Index("ix_provider_records_email", "email"),
        Index("ix_provider_records_model", "model_id"),
        # Those without a shoot are found by comparing both in their order.
        Index("ix_provider_records_kind_model", "kind", "model_id"),
        Index("ix_provider_records_status", "kind", "status"),
    )

    kind: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    email: Mapped[str | None]
    name: Mapped[str | None]
    status: Mapped[str | None]
    team_id: Mapped[str | None]
    team_name: Mapped[str | None]
    model_id: Mapped[str | None]
    is_development: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


@dataclass(frozen=True, kw_only=True)
class RecordFilter:
    """Which records are listed; None does not narrow.

    Attributes:
        search: an id, or part of a name or an address.
        is_unknown: only sessions without a person in this portal.
    """

    kind: RecordKind
    status: str | None = None
    search: str | None = None
    is_unknown: bool = False


@dataclass(frozen=True)
class RecordOwner:
    """The person of this portal whom a record is about."""

    person_id: UUID
    name: str
    has_open_shoot: bool


_DELETE_ERASED = text(
    """
    DELETE FROM provider_records USING tombstones
    WHERE tombstones.digest = sha256(convert_to('session:' || provider_records.model_id, 'UTF8'))
    """
)


def replace_records(kind: RecordKind, rows: Iterable[Mapping[str, Any]]) -> None:
    """Replace all records of a kind, in the caller's transaction; the first of several with one key counts."""
    unique: dict[str, dict[str, Any]] = {}
    for row in rows:
        unique.setdefault(row["key"], {**row, "kind": str(kind), "position": len(unique)})
    db.session.execute(delete(ProviderRecord).where(ProviderRecord.kind == kind))
    if unique:
        db.session.execute(insert(ProviderRecord), list(unique.values()))
    db.session.execute(_DELETE_ERASED)


def store_record(kind: RecordKind, key: str, **values: Any) -> None:
    """Insert a record before all others, or replace the values of the one with this key."""
    found = find_record(kind, key)
    if found is None:
        first = select(func.coalesce(func.min(ProviderRecord.position), 0)).where(ProviderRecord.kind == kind)
        position = (db.session.scalar(first) or 0) - 1
        db.session.add(ProviderRecord(kind=str(kind), key=key, position=position, **values))
        return
    for name, value in values.items():
        setattr(found, name, value)


def find_record(kind: RecordKind, key: str) -> ProviderRecord | None:
    """Return one record, freshly read."""
    return db.session.get(ProviderRecord, (str(kind), key), populate_existing=True)


def list_records(chosen: RecordFilter, limit: int, *, after: int | None = None) -> list[ProviderRecord]:
    """List records in the provider's order, those behind position ``after``."""
    query = select(ProviderRecord).where(*_build_conditions(chosen)).order_by(ProviderRecord.position).limit(limit)
    if after is not None:
        query = query.where(ProviderRecord.position > after)
    return list(db.session.scalars(query))


def count_records(chosen: RecordFilter) -> int:
    """Count records."""
    return db.session.scalar(select(func.count()).where(*_build_conditions(chosen))) or 0


def count_by_status(kind: RecordKind) -> dict[str, int]:
    """Count the records of a kind by their status, the most frequent first."""
    query = select(ProviderRecord.status, func.count()).where(ProviderRecord.kind == kind)
    rows = db.session.execute(query.group_by(ProviderRecord.status).order_by(func.count().desc()))
    return {row[0] or "unknown": row[1] for row in rows}


def list_emails(kind: RecordKind, keys: Sequence[str]) -> list[str]:
    """List the addresses of these records."""
    query = select(ProviderRecord.email).where(ProviderRecord.kind == kind, ProviderRecord.key.in_(keys))
    return [email for email in db.session.scalars(query) if email]


def update_team(emails: Sequence[str], *, team_id: str, team_name: str | None) -> None:
    """Record that members are in another team."""
    about = (ProviderRecord.kind == RecordKind.MEMBER, ProviderRecord.email.in_(emails))
    db.session.execute(update(ProviderRecord).where(*about).values(team_id=team_id, team_name=team_name))


def find_owners(records: Sequence[ProviderRecord]) -> dict[str, RecordOwner]:
    """Return the people whom these records are about, by the records' keys: by session, or else by address."""
    ids = [record.model_id for record in records if record.model_id]
    query = select(Shoot.provider_id, Person.id, Person.name, Shoot.closed_at.is_(None))
    query = query.join(Person, Person.id == Shoot.person_id).where(Shoot.provider_id.in_(ids))
    by_model = {row[0]: RecordOwner(row[1], row[2], row[3]) for row in db.session.execute(query)}
    emails = [record.email for record in records if record.email and record.model_id not in by_model]
    email = func.lower(Person.email)
    people = db.session.execute(select(email, Person.id, Person.name).where(email.in_(emails)))
    by_email = {row[0]: RecordOwner(row[1], row[2], False) for row in people}
    found = {record.key: by_model.get(record.model_id or "") or by_email.get(record.email or "") for record in records}
    return {key: owner for key, owner in found.items() if owner is not None}


def delete_about(*, model_ids: Sequence[str] = (), emails: Sequence[str] = ()) -> None:
    """Delete the records about these sessions and addresses."""
    normalized = [email.strip().lower() for email in emails]
    about = or_(
        ProviderRecord.model_id.in_(model_ids), ProviderRecord.email == any_(literal(normalized, ARRAY(String)))
    )
    db.session.execute(delete(ProviderRecord).where(about))


def delete_all() -> int:
    """Delete all records; return their number."""
    return len(db.session.scalars(delete(ProviderRecord).returning(ProviderRecord.key)).all())


def _build_conditions(chosen: RecordFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [ProviderRecord.kind == chosen.kind]
    if chosen.status is not None:
        conditions.append(func.coalesce(ProviderRecord.status, "unknown") == chosen.status)
    if chosen.search is not None:
        lowered = chosen.search.lower()
        conditions.append(
            or_(
                ProviderRecord.key == chosen.search,
                ProviderRecord.model_id == chosen.search,
                ProviderRecord.email.contains(lowered, autoescape=True),
                func.lower(ProviderRecord.name).contains(lowered, autoescape=True),
            )
        )
    if chosen.is_unknown:
        conditions.append(~select(Shoot.id).where(Shoot.provider_id == ProviderRecord.model_id).exists())
    return conditions
