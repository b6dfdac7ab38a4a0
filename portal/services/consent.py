"""Consent: proof that a person agreed, and the way back out."""

from __future__ import annotations

from datetime import datetime

from portal.db import transaction
from portal.domain.audit_context import get_audit_context
from portal.domain.consent import Policy
from portal.domain.errors import BadInput
from portal.models import audit, consents, people, shoots
from portal.models.consents import Consent
from portal.models.people import Person
from portal.services import shoot_sync
from portal.services import shoots as asking


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
        BadInput: a purpose was not ticked.
    """
    if policy.list_missing(accepted):
        raise BadInput("Every statement has to be ticked to go on.")
    with transaction() as session:
        people.lock_person(person.id)
        standing = consents.find_current(person.id, policy.version)
        if standing is not None:
            return standing
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
        if (shoot := shoots.find_open(person.id)) is not None:
            # Whoever had withdrawn and agrees again gets the pictures that were held back meanwhile.
            shoot_sync.recheck_withheld(shoot)
            asking.rejoin_queue(person)
        people.publish_version(person.id)
        return consent


def withdraw_consent(person: Person, *, now: datetime) -> bool:
    """Withdraw everything the person agreed to; nothing new is processed from here on.

    Returns:
        False when there was none.
    """
    with transaction():
        people.lock_person(person.id)
        # To whatever version they agreed: no means no.
        standing = consents.list_active(person.id)
        if not standing:
            return False
        for each in standing:
            each.withdrawn_at = now
        audit.create_entry("consent.withdrawn", at=now, actor_id=person.id, subject_id=person.id)
        people.publish_version(person.id)
        return True
