"""The audit trail: actor, action, subject, time and result; rows are inserted and never changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Identity, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, db
from portal.domain.audit_context import get_audit_context

# Action of the entry that records a verification of the whole trail; the console shows the latest.
VERIFIED = "audit.verified"
# Action of the entry that removes the oldest part of the trail; its ``anchor`` is the last link that was removed.
EXPIRED = "audit.expired"
# Actions of the entries with the counts of what the nightly deletion will delete and has deleted.
RETENTION_PLANNED = "retention.planned"
RETENTION_COMPLETED = "retention.completed"


class AuditEntry(Base):
    """One entry, which the database links to the previous one at commit; see ``docs/audit.md``.

    It refers to people by id alone, and ``detail`` holds constants and counts, so that no row has to change when a
    person is erased.

    Attributes:
        channel: how the action was requested (web, command line, job); None in entries older than this column.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_action", "action", "id"),
        Index("ix_audit_entries_actor_id_id", "actor_id", "id"),
        Index("ix_audit_entries_subject_id_id", "subject_id", "id"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    action: Mapped[str]
    actor_id: Mapped[UUID | None]
    subject_id: Mapped[UUID | None]
    result: Mapped[str] = mapped_column(default="ok")
    channel: Mapped[str | None]
    request_id: Mapped[str | None]
    address_digest: Mapped[str | None]
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)


def create_entry(
    action: str,
    *,
    at: datetime,
    actor_id: UUID | None = None,
    subject_id: UUID | None = None,
    result: str = "ok",
    **detail: str | int | bool | None,
) -> None:
    """Add one entry in the caller's transaction; channel, request id and address come from the audit context."""
    context = get_audit_context()
    db.session.add(
        AuditEntry(
            at=at,
            action=action,
            actor_id=actor_id,
            subject_id=subject_id,
            result=result,
            channel=context.channel,
            request_id=context.request_id,
            address_digest=context.address_digest,
            detail=detail,
        )
    )
