"""What other people did with one person's data: acts in the audit trail, and pictures of exports, as one list."""

from __future__ import annotations

from uuid import UUID

from portal.models import audit_list, picture_accesses
from portal.models.audit import AuditEntry
from portal.models.picture_accesses import PictureAccess

Access = AuditEntry | PictureAccess


def list_accesses(person_id: UUID, limit: int) -> list[tuple[Access, str | None]]:
    """List the acts of others, the newest first, each with the name of who did it; None once that account is erased."""
    acts: list[tuple[Access, str | None]] = [
        *audit_list.list_acts_of_others(person_id, limit),
        *picture_accesses.list_accesses(person_id, limit),
    ]
    return sorted(acts, key=lambda act: act[0].at, reverse=True)[:limit]
