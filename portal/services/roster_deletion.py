"""Deletes people from the roster who never signed in, so that nothing about them is left."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from portal.db import transaction
from portal.domain.errors import ChangedMeanwhile
from portal.models import audit, campaign_searches, provider_records, queue, roster_deletion, roster_imports


def delete_entry(entry_id: UUID, *, actor_id: UUID, now: datetime) -> None:
    """Delete one entry with everything about it.

    Raises:
        ChangedMeanwhile: its person has signed in, or it is deleted already.
    """
    with transaction():
        if not delete_entries([entry_id], actor_id=actor_id, now=now):
            raise ChangedMeanwhile


def delete_entries(entry_ids: Sequence[UUID], *, actor_id: UUID | None, now: datetime) -> int:
    """Delete those entries whose person never signed in, in the caller's transaction; return how many.

    Their mails, notes, lines of saved lists, searches of campaigns that name them, and copies of the provider's records
    go with them. The audit trail keeps that an entry was deleted, without a name or address.
    """
    saved = roster_imports.lock_with_contents()
    searching = campaign_searches.lock_searching()
    found = roster_deletion.lock_without_person(entry_ids)
    if not found:
        return 0
    ids, addresses = [entry.id for entry in found], [entry.address for entry in found]
    campaign_searches.delete_naming(searching, [campaign_searches.build_named_person(entry) for entry in found])
    queue.delete_waiting_jobs(roster_deletion.list_mail_ids(ids))
    roster_deletion.delete_from_lists(addresses, saved, now)
    provider_records.delete_about(emails=addresses)
    roster_deletion.delete_entries(ids)
    for entry_id in ids:
        audit.create_entry("roster.deleted", at=now, actor_id=actor_id, entry_id=str(entry_id))
    return len(found)
