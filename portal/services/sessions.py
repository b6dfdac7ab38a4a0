"""Ending sessions: by their owner, by an admin, or by a logout token of the identity provider."""

from __future__ import annotations

import hashlib
from datetime import datetime
from uuid import UUID

from portal.db import transaction
from portal.domain.errors import NotFound, SignInRefused
from portal.domain.session_lifetimes import SessionLifetimes
from portal.models import audit, people, sessions
from portal.models.people import Person
from portal.models.sessions import Session


def list_active(person: Person, now: datetime, lifetimes: SessionLifetimes) -> list[Session]:
    """List a person's sessions that have not expired, the most recently used first."""
    lifetime = lifetimes.get_lifetime(person.role)
    return [
        session
        for session in sessions.list_of_person(person.id)
        if not lifetime.is_expired(created_at=session.created_at, active_at=session.active_at, now=now)
    ]


def sign_out(person: Person, token_hash: bytes, *, now: datetime) -> None:
    """End the session of this browser."""
    with transaction():
        sessions.delete_session(token_hash)
        people.close_streams(person.id)
        audit.create_entry("sign_out", at=now, actor_id=person.id, subject_id=person.id)


def apply_logout_token(issuer: str, token_id: str, *, subject: str | None, sid: str | None, now: datetime) -> int:
    """End the sessions that a verified logout token names; return how many there were.

    Raises:
        SignInRefused: the token was applied before.
    """
    with transaction():
        if not sessions.store_logout_order(hashlib.sha256(f"{issuer}\n{token_id}".encode()).digest(), now):
            raise SignInRefused("logout_repeated")
        owners = sessions.delete_of_identity(issuer, subject=subject, sid=sid)
        for owner in set(owners):
            people.close_streams(owner)
        person = people.find_by_subject(issuer, subject) if subject is not None else None
        # A token may carry only ``sid``, which belongs to one person.
        affected = person.id if person else next(iter(owners), None)
        audit.create_entry("sign_out.ordered", at=now, subject_id=affected, sessions=len(owners))
        return len(owners)


def end_session(person_id: UUID, public_id: UUID, *, actor: Person, now: datetime) -> None:
    """End one session of a person.

    Raises:
        NotFound: the person has no such session; it is another person's or has ended.
    """
    with transaction():
        if not sessions.delete_by_public_id(public_id, person_id):
            raise NotFound
        people.close_streams(person_id)
        audit.create_entry("session.ended", at=now, actor_id=actor.id, subject_id=person_id)


def end_sessions(person_id: UUID, *, actor: Person, now: datetime, but: bytes | None = None) -> int:
    """End all of a person's sessions, or all except one; return how many there were.

    Raises:
        NotFound: there is no such person.
    """
    with transaction():
        if people.lock_person(person_id) is None:
            raise NotFound
        ended = sessions.delete_of_person(person_id, but=but)
        people.close_streams(person_id)
        audit.create_entry("sessions.ended", at=now, actor_id=actor.id, subject_id=person_id, sessions=ended)
        return ended


def is_confirmed_since(public_id: UUID, moment: datetime) -> bool:
    """Return whether the identity provider confirmed this session after ``moment``."""
    with transaction():
        confirmed_at = sessions.find_confirmed_at(public_id)
    return confirmed_at is not None and confirmed_at > moment
