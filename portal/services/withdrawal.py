"""Withdrawal of consent: stops the processing at once and deletes the pictures, all of them or the unchosen ones."""

from __future__ import annotations

from portal.db import transaction
from portal.domain.erasure import ErasureScope
from portal.models import audit, choices, consents, people, photo_deletion, shoots
from portal.models.people import Person
from portal.services.app_context import AppContext
from portal.services.erasure import create_erasure


def can_withdraw(person: Person) -> bool:
    """Return whether a withdrawal would end an agreement or a session, or delete a picture."""
    return (
        consents.has_active_consent(person.id)
        or shoots.find_open(person.id) is not None
        or photo_deletion.has_shown_photo(person.id)
    )


def withdraw_consent(person: Person, scope: ErasureScope, context: AppContext) -> bool:
    """Withdraw everything the person agreed to and delete their pictures here and at the provider.

    The account, the consents as proof and the audit trail stay. Agreeing again starts a new session from the
    beginning, once the provider has deleted the old one.

    Args:
        person: who withdraws.
        scope: ``unchosen`` keeps the chosen headshot in use; without a choice it is the same as ``pictures``.
        context: clock and secretbox.

    Returns:
        False when nothing was agreed to and there is nothing to delete.
    """
    now = context.clock()
    with transaction():
        # Sessions before the person, as everywhere.
        found = shoots.lock_by_person(person.id)
        locked = people.lock_person(person.id)
        # The withdrawal covers every version.
        active = consents.list_active(person.id)
        choice = choices.find_current(person.id)
        is_kept = scope is ErasureScope.UNCHOSEN and choice is not None
        has_pictures = not is_kept and photo_deletion.has_shown_photo(person.id)
        has_open_shoot = any(shoot.closed_at is None for shoot in found)
        if locked is None or not (active or has_open_shoot or has_pictures):
            return False
        for each in active:
            each.withdrawn_at = now
        actual = ErasureScope.UNCHOSEN if is_kept else ErasureScope.PICTURES
        audit.create_entry("consent.withdrawn", at=now, actor_id=person.id, subject_id=person.id, scope=str(actual))
        create_erasure(locked, actual, context, kept_photo_id=choice.photo_id if is_kept and choice else None)
        return True
