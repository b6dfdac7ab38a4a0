"""What people tell us about their studio link; their word makes work for an operator and changes no session."""

from __future__ import annotations

from datetime import datetime, timedelta

from portal.db import transaction
from portal.domain.stages import ONBOARDING
from portal.models import audit, shoots
from portal.models.people import Person
from portal.services import sync

ACTION = audit.LINK_REPORTED
# Pressing again meanwhile is the same report.
ONE_REPORT = timedelta(hours=24)


def report_dead(person: Person, *, now: datetime) -> bool:
    """Note that the person's link no longer works, for an operator to see, and have their session re-read.

    The provider's word decides what becomes of the session: a link can also look dead because of a browser.

    Returns:
        False when there is no studio to enter any more, so that there is nothing to report.
    """
    with transaction():
        standing = shoots.open_for(person.id)
        shoot = shoots.lock(standing.id) if standing else None
        if shoot is None or shoot.signed_url is None or shoot.provider_status != ONBOARDING:
            return False
        sync.ask_to_refresh(shoot, now=now)
        if not audit.has_since(ACTION, person.id, now - ONE_REPORT):
            audit.add(ACTION, at=now, actor_id=person.id, subject_id=person.id, result="problem")
        return True
