"""Linking a person to a new identity: a new registration at the identity provider gives every subject a new id."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.db import transaction
from portal.domain.errors import NotFound, RelinkConflict
from portal.domain.stages import Problem
from portal.models import accounts, audit, people, shoots
from portal.models.people import Person
from portal.services import shoots as shoot_requests


@dataclass(frozen=True)
class Account:
    """A person as shown before linking."""

    person: Person
    photos: int
    has_work: bool


@dataclass(frozen=True)
class Pair:
    """Two people with one address: ``older`` keeps its records and gets the identity of ``newer``."""

    older: Account
    newer: Account

    @property
    def is_possible(self) -> bool:
        """Whether nothing is lost by deleting ``newer``."""
        return not self.newer.has_work


def find_pair(email: str) -> Pair | None:
    """Return the two people with this address, None unless there are exactly two."""
    with transaction():
        found = accounts.list_by_email(email)
        return _build_pair(found[0], found[1]) if len(found) == 2 else None  # noqa: PLR2004 - a pair


def list_pairs() -> list[Pair]:
    """List every address that exactly two people have."""
    with transaction():
        emails = list(accounts.list_shared_emails())
    return [pair for email in emails if (pair := find_pair(email)) is not None]


def relink_person(older_id: UUID, newer_id: UUID, *, actor_id: UUID | None, now: datetime) -> None:
    """Give the person ``older_id`` the identity of ``newer_id`` and delete the latter; both are signed out.

    Raises:
        NotFound: one of them does not exist, or they have different addresses.
        RelinkConflict: the newer person has a session, photos or choices of their own.
    """
    with transaction():
        for person_id in sorted((older_id, newer_id)):
            people.lock_person(person_id)
        older, newer = people.find_person(older_id), people.find_person(newer_id)
        if older is None or newer is None or older_id == newer_id or older.email.lower() != newer.email.lower():
            raise NotFound
        if accounts.has_work(newer_id):
            raise RelinkConflict
        people.close_streams(newer_id)
        people.close_streams(older_id)
        accounts.replace_identity(older, newer)
        audit.create_entry("person.relinked", at=now, actor_id=actor_id, subject_id=older_id, replaced=str(newer_id))
        people.publish_version(older_id)


def adopt_session(person_id: UUID, *, actor_id: UUID, now: datetime) -> None:
    """Allow a person's request to use the older session that the provider has for their address.

    Raises:
        NotFound: the person has no request that waits for this decision.
    """
    with transaction():
        shoot = shoots.find_open(person_id)
        if shoot is None or shoot.problem != Problem.ADDRESS_TAKEN:
            raise NotFound
        shoot.adoption_allowed_at = now
        audit.create_entry("shoot.adoption_allowed", at=now, actor_id=actor_id, subject_id=person_id)
        shoot_requests.retry_request(shoot)


def _build_pair(older: Person, newer: Person) -> Pair:
    return Pair(*(Account(each, accounts.count_photos(each.id), accounts.has_work(each.id)) for each in (older, newer)))
