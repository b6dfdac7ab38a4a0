"""The audit trail: who did what to whom, when and with what result; rows are added and never changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Identity, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, db
from portal.domain.audit_context import get_audit_context

# The whole trail was read and compared with its chain; the console says when this was last done.
VERIFIED = "audit.verified"


class AuditEntry(Base):
    """One thing that happened, linked at commit to the one before it by the database; see ``docs/audit.md``.

    It names people by id alone, and ``detail`` holds constants and counts, so that no row has to change when somebody
    is erased.

    Attributes:
        channel: by which door the act came in, None in entries older than this column.
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
    """Add one entry in the running transaction; where the act came from is known already."""
    caller = get_audit_context()
    db.session.add(
        AuditEntry(
            at=at,
            action=action,
            actor_id=actor_id,
            subject_id=subject_id,
            result=result,
            channel=caller.channel,
            request_id=caller.request_id,
            address_digest=caller.address_digest,
            detail=detail,
        )
    )
