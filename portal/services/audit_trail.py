"""The audit trail as a whole: checking that nothing in it was changed, and noting where it ends."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime

from portal.db import transaction
from portal.domain.audit_chain import AuditHead, ChainFault, ChainVerifier
from portal.failpoints import failpoint
from portal.models import audit, audit_links

log = logging.getLogger(__name__)

# So many entries are in memory at a time, however long the trail is.
BATCH = 2000
# A trail that was tampered with from its beginning would fill the log; `fsck` names every place.
_MAX_LINES = 20


def get_head() -> AuditHead | None:
    """Return where the trail ends now."""
    with transaction():
        return audit_links.find_head()


def iterate_faults(walk: ChainVerifier) -> Iterator[ChainFault]:
    """Go along the whole trail and yield whatever is not as it was written."""
    position, entry_id = 0, 0
    while True:
        with transaction():
            links = audit_links.list_links_after(position, entry_id, BATCH)
        for link in links:
            yield from walk.check_link(link)
        if not links:
            break
        position, entry_id = links[-1].position, links[-1].entry_id
    yield from walk.check_end()
    with transaction():
        outside = list(audit_links.list_entries_without_link())
    for each in outside:
        yield ChainFault("audit entry is outside the chain", f"entry {each}")


def verify_trail(*, now: datetime, noted: Sequence[AuditHead] = ()) -> bool:
    """Check the whole trail and write into it that this was done, and with what result.

    Returns:
        Whether it is unbroken.
    """
    walk = ChainVerifier(noted)
    found = 0
    for fault in iterate_faults(walk):
        found += 1
        if found > _MAX_LINES:
            continue
        log.error("audit.chain_broken", extra={"rule": fault.rule, "subject": fault.subject})
    failpoint("audit.after_walk")
    with transaction():
        audit.create_entry(
            audit.VERIFIED,
            at=now,
            result="broken" if found else "ok",
            entries=walk.count,
            faults=found,
            head=str(walk.head) if walk.head else None,
        )
    return not found


def log_head() -> None:
    """Write into the log where the trail ends: once it is there, nobody can cut the trail unnoticed."""
    found = get_head()
    if found is not None:
        log.info("audit.head_recorded", extra={"head": str(found)})


def record_command(action: str, *, now: datetime) -> None:
    """Keep that somebody ordered something which leaves no other trace of its own."""
    with transaction():
        audit.create_entry(action, at=now)
