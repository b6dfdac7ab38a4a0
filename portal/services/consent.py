"""Consent: stores a person's agreement with its evidence."""

from __future__ import annotations

from datetime import datetime

from portal.db import transaction
from portal.domain.audit_context import get_audit_context
from portal.domain.consent import Policy
from portal.domain.errors import BadInput
from portal.models import audit, consents, people
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
) -> Consent:
    """Record that the person agrees to exactly this text; agreeing twice keeps the first record.

    Raises:
        BadInput: a purpose is not checked.
    """
    if policy.list_missing(accepted):
        raise BadInput("Every statement has to be ticked to go on.")
    with transaction() as session:
        people.lock_person(person.id)
        current = consents.find_current(person.id, policy.version)
        if current is not None:
            return current
        consent = Consent(
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
        session.add(consent)
        audit.create_entry("consent.given", at=now, actor_id=person.id, subject_id=person.id, version=policy.version)
        # A request that left the queue because the text had changed.
        shoot_requests.rejoin_queue(person)
        people.publish_version(person.id)
        return consent
