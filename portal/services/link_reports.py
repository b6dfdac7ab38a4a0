"""Link reports: people report that their studio link does not work; an operator resolves the report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from portal.db import transaction
from portal.domain.errors import NotFound
from portal.domain.stages import ONBOARDING, Problem, Stage
from portal.domain.studio_address import get_next_number
from portal.models import audit, link_reports, people, shoots
from portal.models.link_reports import LinkReport
from portal.models.people import Person
from portal.services import notifications, shoot_sync
from portal.services import shoots as shoot_requests
from portal.services.app_context import AppContext
from portal.services.journey import Journey


class LinkSymptom(StrEnum):
    """What the person sees instead of the studio."""

    EXPIRED = "expired"
    EMPTY = "empty"
    SIGN_IN = "sign_in"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class LinkReportInput:
    """What a person reports, and the browser they used."""

    symptom: LinkSymptom
    browser: str | None = None
    request_id: str | None = None


def report_link(person: Person, report: LinkReportInput, context: AppContext) -> bool:
    """Store a report that the person's studio link does not work, and enqueue a re-read of their session.

    Only the provider's response changes the session: a browser can also be the reason why a link does not work. A
    second report before the first is resolved is the same report.

    Returns:
        False when there is no open studio link to report.
    """
    now = context.clock()
    with transaction():
        found = shoots.find_open(person.id)
        shoot = shoots.lock_shoot(found.id) if found else None
        if shoot is None or shoot.signed_url is None or shoot.provider_status != ONBOARDING:
            return False
        shoot_sync.enqueue_refresh(shoot, now=now)
        report_id = link_reports.create_report(
            shoot.id, symptom=report.symptom, browser=report.browser, request_id=report.request_id, now=now
        )
        if report_id is not None:
            audit.create_entry(
                "shoot.link_reported",
                at=now,
                actor_id=person.id,
                subject_id=person.id,
                result="problem",
                saw=report.symptom,
            )
            notifications.notify_link_reported(shoot, report_id, context)
            people.publish_version(person.id)
        return True


def find_current_report(journey: Journey) -> LinkReport | None:
    """Return the person's link report until they have opened the studio after it was resolved."""
    if journey.shoot is None or journey.stage is not Stage.IN_STUDIO:
        return None
    report, opened_at = link_reports.find_latest(journey.shoot.id), journey.shoot.last_opened_at
    if report is None or report.done_at is None:
        return report
    return report if opened_at is None or opened_at < report.done_at else None


def resolve_report(report_id: UUID, *, actor_id: UUID, now: datetime, uses_variant: bool = False) -> None:
    """Mark a report as resolved by an operator, start a refused session again, and notify the person.

    Args:
        report_id: the open report.
        actor_id: who resolves it.
        now: the present, UTC.
        uses_variant: start the refused session with the next variant of the person's address.

    Raises:
        NotFound: there is no such report.
    """
    with transaction():
        report = link_reports.lock_report(report_id)
        shoot = shoots.lock_shoot(report.shoot_id) if report else None
        if report is None or shoot is None:
            raise NotFound
        if report.done_at is not None:
            return
        report.done_at, report.done_by = now, actor_id
        audit.create_entry("shoot.link_seen_to", at=now, actor_id=actor_id, subject_id=shoot.person_id)
        if shoot.problem == Problem.REFUSED:
            if uses_variant:
                shoot.address_number = get_next_number(shoots.find_highest_address_number(shoot.person_id))
            shoot_requests.retry_request(shoot)
        notifications.notify_link_resolved(shoot, report_id, now=now)
        people.publish_version(shoot.person_id)
