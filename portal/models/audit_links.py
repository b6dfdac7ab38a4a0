"""The links of the audit trail, one for each entry; the database makes them at commit and nobody changes them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Row, Text, case, cast, exists, extract, func, select, tuple_
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, db
from portal.domain.audit_chain import AuditHead, ChainLink
from portal.models.audit import AuditEntry


class AuditLink(Base):
    """The place of one entry in the chain.

    No foreign key ties it to its entry: neither table gives anything up, and ``fsck`` looks at both.
    """

    __tablename__ = "audit_links"

    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(unique=True)
    previous: Mapped[bytes | None]
    digest: Mapped[bytes]


def find_head() -> AuditHead | None:
    """Return the last link, None while the trail is empty."""
    found = db.session.execute(
        select(AuditLink.position, AuditLink.digest).order_by(AuditLink.position.desc()).limit(1)
    ).one_or_none()
    return AuditHead(*found) if found else None


def list_links_after(position: int, entry_id: int, limit: int) -> list[ChainLink]:
    """Return the next links in order, each with what its entry says now."""
    here = tuple_(AuditLink.position, AuditLink.entry_id)
    query = (
        select(AuditLink.position, AuditLink.entry_id, AuditLink.previous, AuditLink.digest, *_select_entry_fields())
        .outerjoin(AuditEntry, AuditEntry.id == AuditLink.entry_id)
        .where(here > tuple_(position, entry_id))
        .order_by(AuditLink.position, AuditLink.entry_id)
        .limit(limit)
    )
    return [_link(row) for row in db.session.execute(query)]


def list_entries_without_link(limit: int = 1000) -> Iterator[int]:
    """Yield committed entries that are not in the chain: something kept the database from sealing them."""
    has_link = exists().where(AuditLink.entry_id == AuditEntry.id)
    yield from db.session.scalars(select(AuditEntry.id).where(~has_link).order_by(AuditEntry.id).limit(limit))


def _select_entry_fields() -> tuple[ColumnElement[Any], ...]:
    """The fields of an entry from ``id`` on, as what can be turned into text without any setting of the session."""
    # Neither a year beyond Python's nor an infinite one may end the check; both come out as another digest.
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


def _link(row: Row[Any]) -> ChainLink:
    position, entry_id, previous, digest, *said = tuple(row)
    entry = None if said[0] is None else [None if value is None else str(value) for value in said]
    return ChainLink(position, entry_id, previous, digest, entry)
