"""Reading the audit trail: one page of it, or all of it for a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from portal.db import transaction
from portal.models import audit_links, audit_list, people
from portal.models.audit_list import AuditFilter, AuditListItem

BATCH = 1000


@dataclass(frozen=True)
class Verification:
    """The last check of the whole trail.

    Attributes:
        position: up to where it went.
        faults: how many places were not as they were written.
    """

    at: datetime
    position: int
    faults: int


@dataclass(frozen=True)
class AuditStatus:
    """How the trail stands: how long it is, and what is known of its soundness; None when nobody ever looked."""

    entries: int
    verified: Verification | None


def build_filter(*, action: str | None, person: str | None, day: date | None) -> AuditFilter:
    """Say which entries are meant.

    Args:
        action: one of the constants.
        person: an id, an address, or a part of a name.
        day: in UTC.
    """
    since = datetime.combine(day, time.min, UTC) if day else None
    # The last day of the calendar has no other after it.
    until = since + timedelta(days=1) if since and day != date.max else None
    return AuditFilter(action=action, people=_people(person) if person else None, since=since, until=until)


def get_display_name(person: str) -> str:
    """Return what to show for a person that is searched for: instead of an id their address, while there is one."""
    try:
        found = people.find_person(UUID(person))
    except ValueError:
        return person
    return found.email if found else person


def _people(text: str) -> tuple[UUID, ...]:
    try:
        return (UUID(text),)
    except ValueError:
        return audit_list.list_people_like(text)


def get_status() -> AuditStatus:
    """Return how the trail stands; only what really was checked counts as checked."""
    head = audit_links.find_head()
    last = audit_list.find_last_verification()
    verified = None
    if last is not None:
        position = int((last.detail.get("head") or "0").partition(":")[0])
        verified = Verification(last.at, position, int(last.detail["faults"]))
    return AuditStatus(head.position if head else 0, verified)


def iterate_entries(asked: AuditFilter) -> Iterator[AuditListItem]:
    """Yield entries, the newest first, a batch at a time; nothing of the database is held in between."""
    before = None
    while True:
        with transaction():
            found = audit_list.list_newest(asked, BATCH, before_id=before)
        yield from found
        if len(found) < BATCH:
            return
        before = found[-1].entry.id
