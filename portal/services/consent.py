"""Consent: stores a person's agreement with its evidence."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from portal.db import transaction
from portal.domain.audit_context import get_audit_context
from portal.domain.consent import Policy
from portal.domain.errors import BadInput, PolicyChanged
from portal.models import audit, consents, people, text_versions
from portal.models.consents import Consent
from portal.models.people import Person
from portal.services import shoots as shoot_requests


def store_consent(
    person: Person,
    policy: Policy,
    accepted: list[str],
    *,
    now: datetime,
    provider: str,
    user_agent: str | None = None,
    shown_sha256: str | None = None,
) -> Consent:
    """Record that the person agrees to exactly this text; agreeing twice keeps the first record.

    Args:
        policy: the text in the person's language.
        accepted: keys of the purposes whose box is checked.
        provider: key of the provider that processes the photos.
        shown_sha256: digest of the text on the page; None if the page did not send it.

    Raises:
        BadInput: a purpose is not checked.
        PolicyChanged: the page showed another text, or a newer version was published meanwhile.
    """
    if policy.list_missing(accepted):
        raise BadInput("Every statement has to be ticked to go on.")
    if shown_sha256 is not None and shown_sha256 != policy.sha256:
        raise PolicyChanged
    with transaction() as session:
        people.lock_person(person.id)
        if policy.version != text_versions.get_policy_version():
            raise PolicyChanged
        current = consents.find_current(person.id)
        if current is not None:
            return current
        consent = _build_consent(person, policy, now=now, provider=provider, user_agent=user_agent)
        session.add(consent)
        audit.create_entry("consent.given", at=now, actor_id=person.id, subject_id=person.id, version=policy.version)
        # A request that left the queue because the text had changed.
        shoot_requests.rejoin_queue(person)
        people.publish_version(person.id)
        return consent


def _build_consent(person: Person, policy: Policy, *, now: datetime, provider: str, user_agent: str | None) -> Consent:
    return Consent(
        person_id=person.id,
        policy_version=policy.version,
        locale=policy.locale,
        text_sha256=policy.sha256,
        text=policy.text,
        purposes=[purpose.key for purpose in policy.purposes],
        provider=provider,
        given_at=now,
        address_digest=get_audit_context().address_digest,
        user_agent=user_agent,
    )


def find_agreed_before(person_id: UUID) -> datetime | None:
    """Return when the person last agreed to any version and did not withdraw, such as one that was replaced since."""
    return max((each.given_at for each in consents.list_active(person_id)), default=None)
