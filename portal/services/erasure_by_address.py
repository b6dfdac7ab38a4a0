"""Erasure of everyone with one address, as the command does it: accounts, or a roster entry without one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from portal.db import transaction
from portal.domain.email_address import normalize_lenient
from portal.models import erasures
from portal.models import roster_deletion as roster_entries
from portal.services import erasure, erasure_run, roster_deletion
from portal.services.app_context import AppContext


@dataclass(frozen=True)
class Subjects:
    """Who has an address.

    Attributes:
        people: the accounts with it.
        entry_ids: the roster entry with it that belongs to no account; empty where there is an account.
    """

    people: list[UUID]
    entry_ids: list[UUID]

    @property
    def count(self) -> int:
        """How many people that are."""
        return len(self.people) + len(self.entry_ids)


def find_subjects(email: str, *, person_id: UUID | None = None) -> Subjects:
    """Return who has an address, in any spelling; only this person where one is given."""
    with transaction():
        found = [each for each in erasures.list_people_with_email(email) if person_id in (None, each)]
        is_unknown = not found and person_id is None
        return Subjects(found, roster_entries.list_unjoined_ids([normalize_lenient(email)]) if is_unknown else [])


def erase_subjects(found: Subjects, context: AppContext) -> Iterator[UUID]:
    """Erase accounts, each with its receipt, and the roster entry; jobs delete at the provider.

    Raises:
        StorageError: files could not be deleted; run it again.
    """
    for person_id in found.people:
        receipt = erasure.request_erasure(person_id, context)
        erasure_run.erase_local_data(receipt, storage=context.storage, now=context.clock())
        yield receipt
    if not found.entry_ids:
        return
    with transaction():
        roster_deletion.delete_entries(found.entry_ids, actor_id=None, now=context.clock())
