"""What people tell us about their studio link; their word makes work for an operator and changes no session."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from portal.db import transaction
from portal.domain.errors import NotFound
from portal.domain.stages import ONBOARDING, Stage
from portal.models import audit, link_reports, people, shoots
from portal.models.link_reports import LinkReport
from portal.models.people import Person
from portal.services import notifications, shoot_sync
from portal.services.journey import Journey
from portal.services.notifications import NO_OUTBOX, Outbox


class Saw(StrEnum):
    """What somebody sees instead of the studio."""

    EXPIRED = "expired"
    EMPTY = "empty"
    SIGN_IN = "sign_in"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """What somebody saw, and with what."""

    saw: Saw
    browser: str | None = None
    request_id: str | None = None


def report_dead(person: Person, sighting: Sighting, *, now: datetime, outbox: Outbox = NO_OUTBOX) -> bool:
    """Note that the person's link no longer works, for an operator to see, and have their session re-read.

    The provider's word decides what becomes of the session: a link can also look dead because of a browser.
    Saying it again before somebody has seen to it is the same report.

    Returns:
        False when there is no studio to enter any more, so that there is nothing to report.
    """
    with transaction():
        standing = shoots.find_open(person.id)
        shoot = shoots.lock_shoot(standing.id) if standing else None
        if shoot is None or shoot.signed_url is None or shoot.provider_status != ONBOARDING:
            return False
        shoot_sync.enqueue_refresh(shoot, now=now)
        report_id = link_reports.add(
            shoot.id, saw=sighting.saw, browser=sighting.browser, request_id=sighting.request_id, now=now
        )
        if report_id is not None:
            who = person.id
            audit.add("shoot.link_reported", at=now, actor_id=who, subject_id=who, result="problem", saw=sighting.saw)
            notifications.link_is_reported(shoot, report_id, outbox=outbox, now=now)
            people.publish_version(person.id)
        return True


def report_of(journey: Journey) -> LinkReport | None:
    """Return what the person said of their link as long as it matters: until they have tried the answer."""
    if journey.shoot is None or journey.stage is not Stage.IN_STUDIO:
        return None
    report, opened_at = link_reports.latest_for(journey.shoot.id), journey.shoot.last_opened_at
    if report is None or report.done_at is None:
        return report
    return report if opened_at is None or opened_at < report.done_at else None


def see_to(report_id: UUID, *, actor_id: UUID, now: datetime, outbox: Outbox = NO_OUTBOX) -> None:
    """Note that an operator has done what can be done, and ask the person to try again.

    Raises:
        NotFound: there is no such report.
    """
    with transaction():
        report = link_reports.lock(report_id)
        shoot = shoots.lock_shoot(report.shoot_id) if report else None
        if report is None or shoot is None:
            raise NotFound
        if report.done_at is not None:
            return
        report.done_at, report.done_by = now, actor_id
        audit.add("shoot.link_seen_to", at=now, actor_id=actor_id, subject_id=shoot.person_id)
        notifications.link_was_seen_to(shoot, report_id, outbox=outbox, now=now)
        people.publish_version(shoot.person_id)
