"""Marks of roster entries: muted, bounced and left. Each ends the campaign mails to the person until it is removed."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from portal.db import transaction
from portal.models import audit, roster
from portal.models.roster import RosterEntry


def set_muted(entry_id: UUID, *, is_muted: bool, actor_id: UUID | None, now: datetime) -> None:
    """Switch the campaign mails to an entry off or on."""
    with transaction():
        entry = roster.lock_entry(entry_id)
        if entry is not None and (entry.muted_at is not None) != is_muted:
            entry.muted_at = now if is_muted else None
            audit.create_entry("roster.muted" if is_muted else "roster.unmuted", at=now, **_describe(entry, actor_id))


def set_bounced(entry_id: UUID, *, is_bounced: bool, actor_id: UUID, now: datetime) -> None:
    """Mark an address as bounced, or as working again."""
    with transaction():
        entry = roster.lock_entry(entry_id)
        if entry is not None and (entry.bounced_at is not None) != is_bounced:
            entry.bounced_at, entry.bounce_reason = (now, "marked") if is_bounced else (None, None)
            audit.create_entry(
                "roster.bounced" if is_bounced else "roster.address_works", at=now, **_describe(entry, actor_id)
            )


def set_left(entry_id: UUID, *, has_left: bool, actor_id: UUID, now: datetime) -> None:
    """Mark a person as left, or remove that mark; the retention period of their pictures starts and ends with it."""
    with transaction():
        entry = roster.lock_entry(entry_id)
        if entry is not None:
            apply_left(entry, has_left=has_left, actor_id=actor_id, now=now)


def apply_left(entry: RosterEntry, *, has_left: bool, actor_id: UUID, now: datetime) -> None:
    """Set or remove the mark on an entry that is locked, in the caller's transaction."""
    if (entry.left_at is not None) != has_left:
        entry.left_at, entry.changed_at = (now if has_left else None), now
        audit.create_entry("roster.left" if has_left else "roster.returned", at=now, **_describe(entry, actor_id))


def _describe(entry: RosterEntry, actor_id: UUID | None) -> dict[str, Any]:
    return {"actor_id": actor_id, "subject_id": entry.person_id, "entry_id": str(entry.id)}
