"""The links of the audit trail, one for each entry; the database creates them at commit, and they never change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Row, Text, case, cast, exists, extract, func, select, tuple_
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, db
from portal.domain.audit_chain import AuditHead, ChainLink
from portal.domain.retention import AUDIT_TRAIL
from portal.models.audit import EXPIRED, AuditEntry


class AuditLink(Base):
    """The position of one entry in the chain.

    Attributes:
        received_at: the entry's own time, but never before the link in front of it nor after the database's clock, so
            that an entry with a wrong time neither expires too soon nor keeps later ones from expiring.

    It has no foreign key to its entry: ``fsck`` checks both tables. Rows of both are deleted together, from the
    beginning of the trail and by the database alone, when an entry with the anchor is committed.
    """

    __tablename__ = "audit_links"

    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(unique=True)
    previous: Mapped[bytes | None]
    digest: Mapped[bytes]
    received_at: Mapped[datetime | None]


def find_head() -> AuditHead | None:
    """Return the position and digest of the last link, None while the trail is empty."""
    found = db.session.execute(
        select(AuditLink.position, AuditLink.digest).order_by(AuditLink.position.desc()).limit(1)
    ).one_or_none()
    return AuditHead(*found) if found else None


def list_links_after(position: int, entry_id: int, limit: int) -> list[ChainLink]:
    """List the next links in order, each with the current fields of its entry."""
    key = tuple_(AuditLink.position, AuditLink.entry_id)
    query = (
        select(AuditLink.position, AuditLink.entry_id, AuditLink.previous, AuditLink.digest, *_select_entry_fields())
        .outerjoin(AuditEntry, AuditEntry.id == AuditLink.entry_id)
        .where(key > tuple_(position, entry_id))
        .order_by(AuditLink.position, AuditLink.entry_id)
        .limit(limit)
    )
    return [_build_link(row) for row in db.session.execute(query)]


@dataclass(frozen=True)
class OldLink:
    """One of the first links, with the time its entry was received."""

    position: int
    digest: bytes
    received_at: datetime | None


def list_oldest(limit: int) -> list[OldLink]:
    """List the first links in order."""
    query = (
        select(AuditLink.position, AuditLink.digest, AuditLink.received_at).order_by(AuditLink.position).limit(limit)
    )
    return [OldLink(*row) for row in db.session.execute(query)]


def read_protected_since() -> datetime:
    """Return since when entries are received that cannot expire: the shortest period, by the database's clock."""
    now: datetime = db.session.scalars(select(func.clock_timestamp())).one()
    return now - AUDIT_TRAIL.shortest


def find_anchor() -> AuditHead | None:
    """Return the last link that was removed from the beginning of the trail, None if nothing was removed."""
    query = select(AuditEntry.detail["anchor"].astext).where(AuditEntry.action == EXPIRED)
    text = db.session.scalar(query.order_by(AuditEntry.id.desc()).limit(1))
    try:
        return None if text is None else AuditHead.parse(text)
    except ValueError:
        return None


def list_entries_without_link(limit: int = 1000) -> Iterator[int]:
    """Yield the ids of committed entries that are not in the chain, which happens if the trigger did not run."""
    has_link = exists().where(AuditLink.entry_id == AuditEntry.id)
    yield from db.session.scalars(select(AuditEntry.id).where(~has_link).order_by(AuditEntry.id).limit(limit))


def _select_entry_fields() -> tuple[ColumnElement[Any], ...]:
    """Return an entry's fields from ``id`` on, in types whose text does not depend on settings of the session."""
    # Times that Python cannot represent must not end the check; they result in another digest.
    micros = case((func.isfinite(AuditEntry.at), cast(extract("epoch", AuditEntry.at) * 1_000_000, BigInteger)))
    return (
        AuditEntry.id.expression,
        micros,
        AuditEntry.action.expression,
        AuditEntry.actor_id.expression,
        AuditEntry.subject_id.expression,
        AuditEntry.result.expression,
        AuditEntry.channel.expression,
        AuditEntry.request_id.expression,
        AuditEntry.address_digest.expression,
        cast(AuditEntry.detail, Text),
    )


def _build_link(row: Row[Any]) -> ChainLink:
    position, entry_id, previous, digest, *fields = tuple(row)
    entry = None if fields[0] is None else [None if value is None else str(value) for value in fields]
    return ChainLink(position, entry_id, previous, digest, entry)
