"""Signing in, deactivating and reactivating people, with their audit entries."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.db import transaction
from portal.domain.email_address import get_domain, normalize_lenient
from portal.domain.errors import LinkClosed, NotFound, NotOnOwnAccount, SignInRefused
from portal.domain.identity import Identity
from portal.domain.retention import LOGOUT_ORDERS, SIGN_IN_ATTEMPTS
from portal.domain.roles import Role, derive_roles
from portal.models import audit, people, roster, sessions
from portal.models.people import Person
from portal.models.sessions import Session
from portal.services import campaigns
from portal.settings import Settings

ATTEMPT_LIFETIME = SIGN_IN_ATTEMPTS.default
LOGOUT_ORDER_RETENTION = LOGOUT_ORDERS.default


@dataclass(frozen=True, kw_only=True)
class NewSession:
    """The session that a sign-in creates or confirms.

    Attributes:
        token_hash: hash of the cookie's new token.
        replaces: hash of the token that the browser sent, None if it sent none.
        confirms: public id of the session to confirm; None creates a new one.
        id_token: encrypted, for signing out at the identity provider.
        data: initial data of a new session.
        join_code: of the campaign's open link that led to this sign-in.
    """

    token_hash: bytes
    replaces: bytes | None
    id_token: bytes | None
    user_agent: str | None
    data: Mapping[str, str]
    join_code: str | None = None
    confirms: UUID | None = None


def sign_in(
    identity: Identity,
    new_session: NewSession,
    *,
    settings: Settings,
    locale: str,
    now: datetime,
    chosen_locale: str | None = None,
) -> Person:
    """Sign in a verified identity: create or update the person, create or confirm the session.

    The person is found by issuer and subject alone; an address may be reused for another person later.
    ``locale`` becomes the language of pages and mails, unless the person has chosen one: earlier, or as
    ``chosen_locale`` before this sign-in.

    Raises:
        SignInRefused: the address is missing, unverified or outside the allowed domains, or the person is deactivated.
    """
    email = _check_email(identity, settings.allowed_email_domains)
    with transaction() as unit:
        person = _upsert_person(identity, email, locale=locale, chosen_locale=chosen_locale, now=now)
        if person.deactivated_at is not None:
            raise SignInRefused("person_deactivated", status=403, person_id=person.id)
        _update_roles(person, identity, email, settings, now)
        _join_roster(person, new_session.join_code, settings, now)
        is_confirmed = _confirm_session(person, identity, new_session, now)
        if not is_confirmed:
            if new_session.replaces is not None:
                sessions.delete_session(new_session.replaces)
            lifetime = settings.session_lifetimes.get_lifetime(person.role)
            unit.add(_build_session(person, identity, new_session, now=now, expires_at=now + lifetime.absolute))
        lacks_groups = settings.has_group_bindings and not identity.has_all_groups
        _create_sign_in_entry(person, now, is_confirmed=is_confirmed, lacks_groups=lacks_groups)
        sessions.delete_expired(now, attempts_before=now - ATTEMPT_LIFETIME, orders_before=now - LOGOUT_ORDER_RETENTION)
        return person


def _upsert_person(identity: Identity, email: str, *, locale: str, chosen_locale: str | None, now: datetime) -> Person:
    return people.upsert_person(
        identity.issuer,
        identity.subject,
        email=email,
        name=identity.name or email.partition("@")[0],
        groups=list(identity.groups),
        locale=locale,
        chosen_locale=chosen_locale,
        now=now,
        directory=_list_directory_claims(identity),
    )


def _list_directory_claims(identity: Identity) -> dict[str, str]:
    """Return the claims by which directories know the person, without those that were not sent."""
    names = ("oid", "preferred_username", "employee_number", "picture", "zoneinfo")
    claims: dict[str, str | None] = {name: getattr(identity, name) for name in names}
    return {name: value for name, value in claims.items() if value is not None}


def _join_roster(person: Person, join_code: str | None, settings: Settings, now: datetime) -> None:
    """Join the person to their roster entry; refuse an employee without one where the roster is required."""
    entry = roster.join_person(person.id, normalize_lenient(person.email))
    if join_code is not None and (entry is None or entry.campaign_id is None):
        with suppress(LinkClosed):
            campaigns.join_by_link(person, join_code, now=now)
            entry = roster.find_by_person(person.id)
    is_expected = entry is not None and entry.left_at is None
    if settings.require_roster and not is_expected and person.role == Role.EMPLOYEE:
        raise SignInRefused("not_on_roster", status=403)
    if entry is not None and entry.left_at is not None:
        # A sign-in at the identity provider counts for more than a list: the pictures stay.
        entry.left_at, entry.changed_at = None, now
        audit.create_entry("roster.returned", at=now, subject_id=person.id, entry_id=str(entry.id), reason="sign_in")


def _create_sign_in_entry(person: Person, now: datetime, *, is_confirmed: bool, lacks_groups: bool) -> None:
    audit.create_entry(
        "sign_in.confirmed" if is_confirmed else "sign_in",
        at=now,
        actor_id=person.id,
        subject_id=person.id,
        role=person.role,
        **({"groups": "incomplete"} if lacks_groups else {}),
    )


def choose_locale(person: Person, locale: str) -> None:
    """Store the language the person chose for their pages and mails."""
    with transaction():
        people.update_chosen_locale(person.id, locale)


def _check_email(identity: Identity, domains: frozenset[str]) -> str:
    if identity.email is None:
        raise SignInRefused("email_missing", status=403)
    # Without the claim the provider is trusted to verify the addresses of its own directory.
    if identity.email_verified is False:
        raise SignInRefused("email_unverified", status=403)
    if domains and get_domain(identity.email) not in domains:
        raise SignInRefused("domain_not_allowed", status=403)
    return identity.email


def _update_roles(person: Person, identity: Identity, email: str, settings: Settings, now: datetime) -> None:
    """Set the roles that this sign-in proves; remove the others."""
    assignment = derive_roles(email, identity.groups, settings.role_bindings)
    roles, teams = person.all_roles, person.manages
    person.role, person.roles, person.manages = assignment.role, list(assignment.roles), list(assignment.teams)
    if (roles, teams) == (person.all_roles, person.manages):
        return
    # The person's other sessions get the new rights only when they are confirmed, under a new token.
    sessions.clear_confirmations(person.id)
    audit.create_entry(
        "person.role",
        at=now,
        actor_id=person.id,
        subject_id=person.id,
        before=" ".join(roles),
        after=" ".join(assignment.roles),
        teams=len(assignment.teams),
    )


def _confirm_session(person: Person, identity: Identity, new_session: NewSession, now: datetime) -> bool:
    """Give the browser's session a new token if it is this person's and confirmation was requested."""
    if new_session.confirms is None or new_session.replaces is None:
        return False
    return sessions.rotate_token(
        new_session.confirms,
        person_id=person.id,
        issuer=identity.issuer,
        old_hash=new_session.replaces,
        new_hash=new_session.token_hash,
        sid=identity.session_id,
        id_token=new_session.id_token,
        now=now,
    )


def _build_session(
    person: Person, identity: Identity, new_session: NewSession, *, now: datetime, expires_at: datetime
) -> Session:
    return Session(
        token_hash=new_session.token_hash,
        person_id=person.id,
        data=dict(new_session.data),
        created_at=now,
        active_at=now,
        confirmed_at=now,
        expires_at=expires_at,
        issuer=identity.issuer,
        sid=identity.session_id,
        id_token=new_session.id_token,
        user_agent=new_session.user_agent,
    )


def record_refusal(reason: str, *, now: datetime, action: str = "sign_in", person_id: UUID | None = None) -> None:
    """Write an audit entry for a refused sign-in or logout token."""
    with transaction():
        audit.create_entry(action, at=now, subject_id=person_id, result="refused", reason=reason)


def record_denial(person: Person, endpoint: str, *, now: datetime) -> None:
    """Write an audit entry for a request that the person has no right to."""
    with transaction():
        audit.create_entry("access", at=now, actor_id=person.id, result="denied", endpoint=endpoint)


def record_view(person: Person, endpoint: str, *, now: datetime, subject_id: UUID | None = None) -> None:
    """Write an audit entry for viewing other people's data: a list, or one person's."""
    with transaction():
        audit.create_entry("console.viewed", at=now, actor_id=person.id, subject_id=subject_id, endpoint=endpoint)


def deactivate_person(person_id: UUID, *, actor: Person, now: datetime) -> None:
    """Deactivate a person: refuse further sign-ins, end all sessions and streams.

    Raises:
        NotOnOwnAccount: the actor is the person.
        NotFound: there is no such person.
    """
    if person_id == actor.id:
        raise NotOnOwnAccount
    with transaction():
        person = people.lock_person(person_id)
        if person is None:
            raise NotFound
        if person.deactivated_at is None:
            person.deactivated_at = now
            audit.create_entry("person.deactivated", at=now, actor_id=actor.id, subject_id=person_id)
        sessions.delete_of_person(person_id)
        people.close_streams(person_id)


def reactivate_person(person_id: UUID, *, actor: Person, now: datetime) -> None:
    """Allow a person to sign in again.

    Raises:
        NotFound: there is no such person.
    """
    with transaction():
        person = people.lock_person(person_id)
        if person is None:
            raise NotFound
        if person.deactivated_at is not None:
            person.deactivated_at = None
            audit.create_entry("person.reactivated", at=now, actor_id=actor.id, subject_id=person_id)
