"""People coming and going: signing in, being refused, signing out, being kept out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from uuid import UUID

from portal.db import transaction
from portal.domain.errors import NotFound, SignInRefused
from portal.domain.identity import Identity
from portal.domain.roles import Role, standing_of
from portal.models import audit, people, sessions
from portal.models.people import Person
from portal.models.sessions import Session
from portal.settings import Settings

ATTEMPT_LIFE = timedelta(minutes=10)
# An order to sign out is refused as too old long before its trace is deleted.
_ORDER_TRACE = timedelta(hours=1)


@dataclass(frozen=True)
class Lifetime:
    """How long a session lasts without a sign of life, and at most."""

    idle: timedelta
    absolute: timedelta


_USUAL = Lifetime(idle=timedelta(minutes=30), absolute=timedelta(hours=12))
LIFETIMES: Mapping[Role, Lifetime] = MappingProxyType(
    {
        Role.EMPLOYEE: _USUAL,
        Role.MANAGER: _USUAL,
        Role.OPERATOR: _USUAL,
        Role.ADMIN: Lifetime(idle=timedelta(minutes=15), absolute=timedelta(hours=8)),
    }
)


@dataclass(frozen=True, kw_only=True)
class NewSession:
    """The session a sign-in begins.

    Attributes:
        token_hash: of the cookie's fresh token.
        replaces: hash of the token the browser came with, None if it had none.
        id_token: sealed, for signing out at the identity provider.
        data: what the session holds from the start.
    """

    token_hash: bytes
    replaces: bytes | None
    id_token: bytes | None
    user_agent: str | None
    data: Mapping[str, str]


def sign_in(
    identity: Identity,
    begins: NewSession,
    *,
    settings: Settings,
    locale: str,
    now: datetime,
) -> Person:
    """Let a proved identity in: know or make the person, begin their session, end the one it replaces.

    The person is found by issuer and subject alone. An address is what others are told; it proves nothing,
    and somebody else may have it tomorrow. ``locale`` is for somebody new; whoever is known keeps theirs.

    Raises:
        SignInRefused: the address is missing, unverified or of a foreign domain, or the person was deactivated.
    """
    email = _admissible_email(identity, settings.allowed_email_domains)
    with transaction() as unit:
        person = people.upsert(
            identity.issuer,
            identity.subject,
            email=email,
            name=identity.name or email.partition("@")[0],
            groups=list(identity.groups),
            locale=locale,
            now=now,
        )
        if person.deactivated_at is not None:
            raise SignInRefused("person_deactivated", status=403)
        _appoint(person, identity, email, settings, now)
        if begins.replaces is not None:
            sessions.end(begins.replaces)
        unit.add(_session(person, identity, begins, now))
        audit.add(
            "sign_in",
            at=now,
            actor_id=person.id,
            subject_id=person.id,
            role=person.role,
        )
        sessions.prune(now, attempts_before=now - ATTEMPT_LIFE, orders_before=now - _ORDER_TRACE)
        return person


def _admissible_email(identity: Identity, domains: frozenset[str]) -> str:
    if identity.email is None:
        raise SignInRefused("email_missing", status=403)
    # A provider that says nothing about it is the company's own directory; one that says no is believed.
    if identity.email_verified is False:
        raise SignInRefused("email_unverified", status=403)
    if domains and identity.email.rpartition("@")[2].casefold() not in domains:
        raise SignInRefused("domain_not_allowed", status=403)
    return identity.email


def _appoint(person: Person, identity: Identity, email: str, settings: Settings, now: datetime) -> None:
    """Give the person the roles this sign-in proves, and take those it no longer does."""
    standing = standing_of(email, identity.groups, settings.appointments)
    before, person.role = person.role, standing.role
    person.roles, person.manages = list(standing.roles), list(standing.teams)
    if before != standing.role:
        audit.add("person.role", at=now, actor_id=person.id, subject_id=person.id, before=before, after=standing.role)


def _session(person: Person, identity: Identity, begins: NewSession, now: datetime) -> Session:
    return Session(
        token_hash=begins.token_hash,
        person_id=person.id,
        data=dict(begins.data),
        created_at=now,
        active_at=now,
        confirmed_at=now,
        expires_at=now + LIFETIMES[Role(person.role)].absolute,
        issuer=identity.issuer,
        sid=identity.session_id,
        id_token=begins.id_token,
        user_agent=begins.user_agent,
    )


def note_refusal(reason: str, *, now: datetime, action: str = "sign_in") -> None:
    """Keep that a sign-in, or an order to sign out, was refused and why."""
    with transaction():
        audit.add(
            action,
            at=now,
            result="refused",
            reason=reason,
        )


def note_denied(person: Person, endpoint: str, *, now: datetime) -> None:
    """Keep that somebody called what is not theirs to call."""
    with transaction():
        audit.add(
            "access",
            at=now,
            actor_id=person.id,
            result="denied",
            endpoint=endpoint,
        )


def sign_out(person: Person, token_hash: bytes, *, now: datetime) -> None:
    """End the session of this browser."""
    with transaction():
        sessions.end(token_hash)
        audit.add(
            "sign_out",
            at=now,
            actor_id=person.id,
            subject_id=person.id,
        )


def sign_out_by_order(issuer: str, order_id: str, *, subject: str | None, sid: str | None, now: datetime) -> int:
    """End the sessions the identity provider orders to end; return how many there were.

    Raises:
        SignInRefused: this very order was carried out before.
    """
    with transaction():
        if not sessions.take_order(hashlib.sha256(f"{issuer}\n{order_id}".encode()).digest(), now):
            raise SignInRefused("logout_repeated")
        ended = sessions.end_of_identity(issuer, subject=subject, sid=sid)
        person = people.by_subject(issuer, subject) if subject is not None else None
        audit.add(
            "sign_out.ordered",
            at=now,
            subject_id=person.id if person else None,
            sessions=ended,
        )
        return ended


def end_sessions(person_id: UUID, *, actor: Person, now: datetime, but: bytes | None = None) -> int:
    """End a person's sessions, all or all but one; return how many there were."""
    with transaction():
        ended = sessions.end_of_person(person_id, but=but)
        audit.add("sessions.ended", at=now, actor_id=actor.id, subject_id=person_id, sessions=ended)
        return ended


def deactivate(person_id: UUID, *, actor: Person, now: datetime) -> None:
    """Keep a person out from this moment: no sign-in succeeds and every session is dead.

    Raises:
        NotFound: there is no such person.
    """
    with transaction():
        person = people.lock(person_id)
        if person is None:
            raise NotFound
        if person.deactivated_at is None:
            person.deactivated_at = now
            audit.add("person.deactivated", at=now, actor_id=actor.id, subject_id=person_id)
        sessions.end_of_person(person_id)


def reactivate(person_id: UUID, *, actor: Person, now: datetime) -> None:
    """Let a person sign in again.

    Raises:
        NotFound: there is no such person.
    """
    with transaction():
        person = people.lock(person_id)
        if person is None:
            raise NotFound
        if person.deactivated_at is not None:
            person.deactivated_at = None
            audit.add("person.reactivated", at=now, actor_id=actor.id, subject_id=person_id)
