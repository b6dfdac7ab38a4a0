"""The audit trail as a whole: verifying that no entry was changed, and recording its head."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime

from portal.db import transaction
from portal.domain.audit_chain import AuditHead, ChainFault, ChainVerifier
from portal.failpoints import failpoint
from portal.models import audit, audit_links

log = logging.getLogger(__name__)

# Number of entries that are in memory at a time.
BATCH = 2000
# Bounds the log lines about a trail with many faults; `fsck` lists all of them.
_MAX_LINES = 20


def get_head() -> AuditHead | None:
    """Return the current head of the trail, None while it is empty."""
    with transaction():
        return audit_links.find_head()


def iterate_faults(verifier: ChainVerifier) -> Iterator[ChainFault]:
    """Read the whole trail, from the anchor of what has expired on, and yield its faults."""
    position, entry_id = 0, 0
    while True:
        with transaction():
            links = audit_links.list_links_after(position, entry_id, BATCH)
            anchor = audit_links.find_anchor()
        # Again in each batch: the oldest part may expire meanwhile.
        if anchor is not None and anchor.position > position:
            yield from verifier.start_after(anchor)
        for link in links:
            yield from verifier.check_link(link)
        if not links:
            break
        position, entry_id = links[-1].position, links[-1].entry_id
    yield from verifier.check_end()
    with transaction():
        unlinked = list(audit_links.list_entries_without_link())
    for entry_id in unlinked:
        yield ChainFault("audit entry is outside the chain", f"entry {entry_id}")


def verify_trail(*, now: datetime, recorded: Sequence[AuditHead] = ()) -> bool:
    """Verify the whole trail and add an entry with the result.

    Args:
        now: the present, UTC.
        recorded: heads that were recorded earlier and must be part of the chain.

    Returns:
        Whether the trail has no fault.
    """
    verifier = ChainVerifier(recorded)
    found = 0
    for fault in iterate_faults(verifier):
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
            entries=verifier.count,
            faults=found,
            head=str(verifier.head) if verifier.head else None,
        )
    return not found


def log_head() -> None:
    """Log the head of the trail: a later deletion at the end of the trail is then detected by comparison."""
    found = get_head()
    if found is not None:
        log.info("audit.head_recorded", extra={"head": str(found)})


def record_command(action: str, *, now: datetime) -> None:
    """Add an entry for a command that adds no entry of its own."""
    with transaction():
        audit.create_entry(action, at=now)
