"""Reading the audit trail: its status, filters, and all entries for an export."""

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
    """The last verification of the whole trail.

    Attributes:
        position: the last position that was checked.
        faults: number of faults found.
    """

    at: datetime
    position: int
    faults: int


@dataclass(frozen=True)
class AuditStatus:
    """Length of the trail and its last verification; None before the first."""

    entries: int
    verified: Verification | None


@dataclass(frozen=True, kw_only=True)
class AuditSearch:
    """What an admin searches for; None does not filter.

    Attributes:
        action: an action's constant.
        person: an id, an address, or part of a name, of the actor or the subject.
        actor: the same, of the actor alone.
        subject: the same, of the subject alone.
        since: first day in UTC.
        until: last day in UTC.
    """

    action: str | None = None
    person: str | None = None
    actor: str | None = None
    subject: str | None = None
    since: date | None = None
    until: date | None = None


def build_filter(search: AuditSearch) -> AuditFilter:
    """Build the criteria of a list of entries."""
    return AuditFilter(
        action=search.action,
        people=_find_people(search.person) if search.person else None,
        actors=_find_people(search.actor) if search.actor else None,
        subjects=_find_people(search.subject) if search.subject else None,
        since=datetime.combine(search.since, time.min, UTC) if search.since else None,
        # The calendar's last day has no next day.
        until=datetime.combine(search.until + timedelta(days=1), time.min, UTC)
        if search.until and search.until != date.max
        else None,
    )


def get_display_name(person: str) -> str:
    """Return the text to show for a person in a search: their address instead of an id, if the person exists."""
    try:
        found = people.find_person(UUID(person))
    except ValueError:
        return person
    return found.email if found else person


def _find_people(text: str) -> tuple[UUID, ...]:
    try:
        return (UUID(text),)
    except ValueError:
        return audit_list.list_people_like(text)


def get_status() -> AuditStatus:
    """Return the trail's status; positions after the last verification count as not verified."""
    head = audit_links.find_head()
    last = audit_list.find_last_verification()
    verified = None
    if last is not None:
        position = int((last.detail.get("head") or "0").partition(":")[0])
        verified = Verification(last.at, position, int(last.detail["faults"]))
    return AuditStatus(head.position if head else 0, verified)


def iterate_entries(criteria: AuditFilter) -> Iterator[AuditListItem]:
    """Yield entries, the newest first, read in batches; no transaction stays open between batches."""
    before = None
    while True:
        with transaction():
            found = audit_list.list_newest(criteria, BATCH, before_id=before)
        yield from found
        if len(found) < BATCH:
            return
        before = found[-1].entry.id
