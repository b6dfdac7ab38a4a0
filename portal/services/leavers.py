"""People who left: their pictures are deleted when the period ends; until then each mark can be taken back.

A person counts as left while the roster marks them or while they are deactivated. Signing in again or being on the next
imported list removes the roster's mark, and with it the period.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.db import transaction
from portal.domain.email_address import normalize_lenient
from portal.domain.erasure import ErasureScope
from portal.domain.errors import NotFound
from portal.domain.retention import INACTIVE_PEOPLE, LEAVERS_PHOTOS, RetentionRule
from portal.domain.retention_periods import RetentionPeriods
from portal.failpoints import failpoint
from portal.models import audit, erasures, expiry, people, roster, roster_joins, shoots
from portal.services import erasure, roster_marks
from portal.services.app_context import AppContext

PEOPLE_AT_ONCE = 50


@dataclass(frozen=True)
class Leaving:
    """A person who left, with what becomes of their pictures.

    Attributes:
        since: when the period started.
        until: when the pictures are deleted.
    """

    since: datetime
    until: datetime


class AddressOfAnother(Exception):
    """A person cannot be on the roster: the entry with their address is of another account."""


def find_leaving(person_id: UUID, periods: RetentionPeriods) -> Leaving | None:
    """Return when the pictures of a person who left are deleted; None if they have not left or have no pictures."""
    since = expiry.find_start(LEAVERS_PHOTOS, person_id)
    return None if since is None else Leaving(since, since + periods[LEAVERS_PHOTOS])


def set_left(person_id: UUID, *, has_left: bool, actor_id: UUID, now: datetime) -> bool:
    """Mark a person as left, or take the mark back. A person who is not on the roster gets an entry for it.

    Returns:
        Whether the mark was in time: False when it is taken back after the deletion has begun.

    Raises:
        NotFound: there is no such person, or no mark to take back.
        AddressOfAnother: the person is not on the roster, and the entry with their address is of another account.
    """
    with transaction():
        shoots.lock_by_person(person_id)
        person = people.lock_person(person_id)
        entry = roster.lock_by_person(person_id)
        if person is None or (entry is None and not has_left):
            raise NotFound
        if entry is None:
            roster.join_person(person_id, normalize_lenient(person.email))
            roster_joins.add_entries([person], source="manual", now=now)
            entry = roster.lock_by_person(person_id)
        if entry is None:
            raise AddressOfAnother
        is_late = not has_left and entry.left_at is not None and erasures.has_started_since(person_id, entry.left_at)
        roster_marks.apply_left(entry, has_left=has_left, actor_id=actor_id, now=now)
        return not is_late


def delete_pictures(context: AppContext, before: datetime) -> int:
    """Begin the deletion of the pictures of people who left before this time; return how many people."""
    return _for_each_due(LEAVERS_PHOTOS, before, lambda person_id: _delete_pictures_of(person_id, context, before))


def _delete_pictures_of(person_id: UUID, context: AppContext, before: datetime) -> bool:
    with transaction():
        # Sessions before the person, as everywhere; the marks are read again while the rows are locked.
        shoots.lock_by_person(person_id)
        person = people.lock_person(person_id)
        roster.lock_by_person(person_id)
        if person is None or not expiry.is_due(LEAVERS_PHOTOS, person_id, before):
            return False
        audit.create_entry("leaver.pictures_deleted", at=context.clock(), subject_id=person_id)
        erasure.create_erasure(person, ErasureScope.PICTURES, context)
    failpoint("retention.after_leaver")
    return True


def erase_inactive(context: AppContext, before: datetime) -> int:
    """Begin the erasure of people whose last sign-in was before this time; return how many."""
    return _for_each_due(INACTIVE_PEOPLE, before, lambda person_id: _erase_inactive_person(person_id, context, before))


def _erase_inactive_person(person_id: UUID, context: AppContext, before: datetime) -> bool:
    with transaction():
        shoots.lock_by_person(person_id)
        person = people.lock_person(person_id)
        if person is None or not expiry.is_due(INACTIVE_PEOPLE, person_id, before):
            return False
        erasure.erase_person(person, context, reason="inactive")
    return True


def _for_each_due(rule: RetentionRule, before: datetime, delete: Callable[[UUID], bool]) -> int:
    """Call ``delete`` for every person whose period has ended; those it declines are not asked for again."""
    deleted = 0
    while True:
        with transaction():
            found = expiry.list_due_ids(rule, before, PEOPLE_AT_ONCE)
        done = sum(delete(person_id) for person_id in found)
        deleted += done
        if not done:
            return deleted
