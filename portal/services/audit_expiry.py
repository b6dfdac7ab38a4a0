"""Expiry of the audit trail: its oldest part is deleted, and an entry keeps the last deleted link as the anchor."""

from __future__ import annotations

from datetime import datetime
from itertools import takewhile

from portal.db import transaction
from portal.domain.audit_chain import AuditHead
from portal.failpoints import failpoint
from portal.models import audit, audit_links

# Writers of other entries wait while a batch is deleted.
ENTRIES_AT_ONCE = 2000


def expire_oldest(before: datetime, *, now: datetime) -> int:
    """Delete the entries at the beginning of the trail that were received before ``before``; return how many.

    The database deletes them when the entry with the anchor is committed, so there is never one without the other.
    """
    deleted = 0
    while True:
        with transaction():
            oldest = audit_links.list_oldest(ENTRIES_AT_ONCE)
            expired = list(takewhile(lambda link: link.received_at is not None and link.received_at < before, oldest))
            if not expired:
                return deleted
            anchor = AuditHead(expired[-1].position, expired[-1].digest)
            audit.create_entry(
                audit.EXPIRED, at=now, anchor=str(anchor), entries=len(expired), before=before.isoformat()
            )
        failpoint("retention.after_audit")
        deleted += len(expired)
