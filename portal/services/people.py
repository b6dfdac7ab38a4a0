"""People coming and going: signing in, being confirmed, being refused, being kept out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from portal.db import transaction
from portal.domain.errors import NotFound, NotYourself, SignInRefused
from portal.domain.identity import Identity
from portal.domain.roles import Role, standing_of
from portal.domain.session_lifetimes import LIFETIMES
from portal.models import audit, people, sessions
from portal.models.people import Person
from portal.models.sessions import Session
from portal.settings import Settings

ATTEMPT_LIFE = timedelta(minutes=10)
# An order to sign out is refused as too old long before its trace is deleted.
ORDER_TRACE = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class NewSession:
    """The session a sign-in begins or goes on with.

    Attributes:
        token_hash: of the cookie's fresh token.
        replaces: hash of the token the browser came with, None if it had none.
        confirms: the session that is to go on, its person having been confirmed; None begins another.
        id_token: sealed, for signing out at the identity provider.
        data: what the session holds from the start.
    """

    token_hash: bytes
    replaces: bytes | None
    id_token: bytes | None
    user_agent: str | None
    data: Mapping[str, str]
    confirms: UUID | None = None


def sign_in(
    identity: Identity,
    begins: NewSession,
    *,
    settings: Settings,
    locale: str,
    now: datetime,
) -> Person:
    """Let a proved identity in: know or make the person, begin or confirm their session under a fresh token.

    The person is found by issuer and subject alone. An address is what others are told; it proves nothing,
    and somebody else may have it tomorrow. ``locale`` is what pages and mails speak
    from now on.

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
            raise SignInRefused("person_deactivated", status=403, person_id=person.id)
        _appoint(person, identity, email, settings, now)
        is_confirmed = _goes_on(person, identity, begins, now)
        if not is_confirmed:
            if begins.replaces is not None:
                sessions.end(begins.replaces)
            unit.add(_session(person, identity, begins, now))
        audit.add(
            "sign_in.confirmed" if is_confirmed else "sign_in",
            at=now,
            actor_id=person.id,
            subject_id=person.id,
            role=person.role,
        )
        sessions.prune(now, attempts_before=now - ATTEMPT_LIFE, orders_before=now - ORDER_TRACE)
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
    roles, teams = person.all_roles, person.manages
    person.role, person.roles, person.manages = standing.role, list(standing.roles), list(standing.teams)
    if (roles, teams) == (person.all_roles, person.manages):
        return
    # What changed counts in other browsers only after these have been confirmed, and so renewed, too.
    sessions.doubt_of_person(person.id)
    audit.add(
        "person.role",
        at=now,
        actor_id=person.id,
        subject_id=person.id,
        before=" ".join(roles),
        after=" ".join(standing.roles),
        teams=len(standing.teams),
    )


def _goes_on(person: Person, identity: Identity, begins: NewSession, now: datetime) -> bool:
    """Give the session a browser came with a fresh token, if it is this person's and was to be confirmed."""
    if begins.confirms is None or begins.replaces is None:
        return False
    return sessions.rotate(
        begins.confirms,
        person_id=person.id,
        issuer=identity.issuer,
        old_hash=begins.replaces,
        new_hash=begins.token_hash,
        sid=identity.session_id,
        id_token=begins.id_token,
        now=now,
    )


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


def note_refusal(reason: str, *, now: datetime, action: str = "sign_in", person_id: UUID | None = None) -> None:
    """Keep that a sign-in, or an order to sign out, was refused and why."""
    with transaction():
        audit.add(action, at=now, subject_id=person_id, result="refused", reason=reason)


def note_denied(person: Person, endpoint: str, *, now: datetime) -> None:
    """Keep that somebody called what is not theirs to call."""
    with transaction():
        audit.add("access", at=now, actor_id=person.id, result="denied", endpoint=endpoint)


def note_view(person: Person, endpoint: str, *, now: datetime, subject_id: UUID | None = None) -> None:
    """Keep that somebody looks at other people's data: all on a page, or one person's."""
    with transaction():
        audit.add("console.viewed", at=now, actor_id=person.id, subject_id=subject_id, endpoint=endpoint)


def deactivate(person_id: UUID, *, actor: Person, now: datetime) -> None:
    """Keep a person out from this moment: no sign-in succeeds, every session is dead, every stream ends.

    Raises:
        NotYourself: nobody shuts themselves out.
        NotFound: there is no such person.
    """
    if person_id == actor.id:
        raise NotYourself
    with transaction():
        person = people.lock(person_id)
        if person is None:
            raise NotFound
        if person.deactivated_at is None:
            person.deactivated_at = now
            audit.add("person.deactivated", at=now, actor_id=actor.id, subject_id=person_id)
        sessions.end_of_person(person_id)
        people.hang_up(person_id)


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
