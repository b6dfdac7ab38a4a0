"""Sign-ins coming to their end: by their owner, by whoever runs the campaign, by the identity provider's order."""

from __future__ import annotations

import hashlib
from datetime import datetime
from uuid import UUID

from portal.db import transaction
from portal.domain.errors import NotFound, SignInRefused
from portal.domain.roles import Role
from portal.domain.session_lifetimes import LIFETIMES
from portal.models import audit, people, sessions
from portal.models.people import Person
from portal.models.sessions import Session


def of_person(person: Person, now: datetime) -> list[Session]:
    """Return the sign-ins of a person that still count, the latest used first."""
    life = LIFETIMES[Role(person.role)]
    return [
        session
        for session in sessions.of_person(person.id)
        if not life.is_over(created_at=session.created_at, active_at=session.active_at, now=now)
    ]


def sign_out(person: Person, token_hash: bytes, *, now: datetime) -> None:
    """End the session of this browser."""
    with transaction():
        sessions.end(token_hash)
        people.hang_up(person.id)
        audit.add("sign_out", at=now, actor_id=person.id, subject_id=person.id)


def sign_out_by_order(issuer: str, order_id: str, *, subject: str | None, sid: str | None, now: datetime) -> int:
    """End the sessions the identity provider orders to end; return how many there were.

    Raises:
        SignInRefused: this very order was carried out before.
    """
    with transaction():
        if not sessions.take_order(hashlib.sha256(f"{issuer}\n{order_id}".encode()).digest(), now):
            raise SignInRefused("logout_repeated")
        owners = sessions.end_of_identity(issuer, subject=subject, sid=sid)
        for owner in set(owners):
            people.hang_up(owner)
        person = people.by_subject(issuer, subject) if subject is not None else None
        # An order may name the sign-in alone, which is one person's.
        meant = person.id if person else next(iter(owners), None)
        audit.add("sign_out.ordered", at=now, subject_id=meant, sessions=len(owners))
        return len(owners)


def end_one(person_id: UUID, public_id: UUID, *, actor: Person, now: datetime) -> None:
    """End one sign-in of a person.

    Raises:
        NotFound: this person has no such sign-in; it may be somebody else's, or have ended meanwhile.
    """
    with transaction():
        if not sessions.end_named(public_id, person_id):
            raise NotFound
        people.hang_up(person_id)
        audit.add("session.ended", at=now, actor_id=actor.id, subject_id=person_id)


def end_all(person_id: UUID, *, actor: Person, now: datetime, but: bytes | None = None) -> int:
    """End a person's sign-ins, all or all but one; return how many there were.

    Raises:
        NotFound: there is no such person.
    """
    with transaction():
        if people.lock(person_id) is None:
            raise NotFound
        ended = sessions.end_of_person(person_id, but=but)
        people.hang_up(person_id)
        audit.add("sessions.ended", at=now, actor_id=actor.id, subject_id=person_id, sessions=ended)
        return ended


def is_confirmed_since(public_id: UUID, moment: datetime) -> bool:
    """Return whether the identity provider confirmed this session after a moment."""
    with transaction():
        confirmed_at = sessions.confirmed_at(public_id)
    return confirmed_at is not None and confirmed_at > moment
