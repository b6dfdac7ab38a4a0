"""Expiry of the audit trail: its oldest part is deleted, and an entry keeps the last deleted link as the anchor."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from itertools import takewhile

from portal.db import transaction
from portal.domain.audit_chain import AuditHead
from portal.failpoints import failpoint
from portal.models import audit, audit_links
from portal.models.audit_links import OldLink

# Writers of other entries wait while a batch is deleted.
ENTRIES_AT_ONCE = 2000


def expire_oldest(before: datetime, *, now: datetime) -> int:
    """Delete the entries at the beginning of the trail that were received before ``before``; return how many.

    What was received in the last year by the database's clock stays, however far ahead ``before`` is. The database
    deletes entries when the one with the anchor is committed, so there is never one without the other.
    """
    deleted = 0
    while True:
        with transaction():
            end = min(before, audit_links.read_protected_since())
            expired = list(takewhile(partial(_is_received_before, end), audit_links.list_oldest(ENTRIES_AT_ONCE)))
            if not expired:
                return deleted
            anchor = AuditHead(expired[-1].position, expired[-1].digest)
            audit.create_entry(audit.EXPIRED, at=now, anchor=str(anchor), entries=len(expired), before=end.isoformat())
        failpoint("retention.after_audit")
        deleted += len(expired)


def _is_received_before(end: datetime, link: OldLink) -> bool:
    return link.received_at is not None and link.received_at < end
