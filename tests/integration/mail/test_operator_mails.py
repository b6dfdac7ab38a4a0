"""E-mails to operators about people who wait too long or cannot get in, and the e-mails back to those people."""

from __future__ import annotations

from datetime import timedelta

from portal.db import transaction
from portal.models import link_reports as link_report_rows
from portal.models import shoots as shoot_rows
from portal.models.shoots import Shoot
from portal.services import link_reports, monitoring
from portal.services.link_reports import LinkReportInput, LinkSymptom
from tests.factories import NOW, make_consent, make_person, make_shoot
from tests.integration.mail.conftest import SUPPORT, Office, get_parts

# Waiting too long


def make_overdue_shoot(office: Office, *, hours: int) -> Shoot:
    """A person whose headshots have been in progress for this long."""
    now = office.worked_example.clock.now
    return make_shoot(make_person(), provider_status="pending", status_since=now - timedelta(hours=hours))


def report_problems(office: Office) -> None:
    portal = office.worked_example.portal
    monitoring.report_stuck_shoots(portal)


def test_operators_are_notified_of_long_waits_once_and_at_most_hourly(office: Office) -> None:
    first, calm = make_overdue_shoot(office, hours=7), make_overdue_shoot(office, hours=1)
    report_problems(office)
    report_problems(office)
    office.deliver()
    (mail,) = office.post.received
    assert mail["Subject"].startswith("Some photo sessions take longer than usual")
    assert office.worked_example.shoot(first).stuck_notified_at == NOW
    assert office.worked_example.shoot(calm).stuck_notified_at is None
    second = make_overdue_shoot(office, hours=8)
    report_problems(office)
    assert office.worked_example.shoot(second).stuck_notified_at is None  # nothing was sent, so nothing is claimed
    office.worked_example.clock.advance(hours=1)
    report_problems(office)
    office.deliver()
    assert len(office.post.received) == 2
    assert office.worked_example.shoot(second).stuck_notified_at == office.worked_example.clock.now


def test_new_stuck_period_is_notified_again(office: Office) -> None:
    shoot = make_overdue_shoot(office, hours=7)
    report_problems(office)
    office.worked_example.clock.advance(hours=20)
    with transaction():
        moved = shoot_rows.lock_shoot(shoot.id)
        assert moved is not None
        moved.provider_status, moved.status_since = "generatingHeadshots", NOW + timedelta(hours=10)
    report_problems(office)
    assert office.worked_example.shoot(shoot).stuck_notified_at == office.worked_example.clock.now


def test_first_in_queue_causes_no_polling(office: Office) -> None:
    make_shoot(make_person(), provider_status="onboarding", status_since=NOW - timedelta(days=30))
    report_problems(office)
    assert office.states() == []


# A dead link


def test_dead_link_report_notifies_operators(office: Office) -> None:
    portal = office.worked_example.portal
    person = make_person("ada@example.com")
    make_consent(person)
    shoot = make_shoot(person, signed_url=b"sealed", provider_id="theirs-7")
    for _ in range(2):
        assert link_reports.report_link(person, LinkReportInput(symptom=LinkSymptom.EXPIRED), portal)
    office.deliver()
    (task,) = office.post.to(SUPPORT)
    assert task["Subject"].startswith("A person can’t open the studio")
    assert all("theirs-7" in part and "ada@example.com" not in part for part in get_parts(task))
    (waiting,) = link_report_rows.list_open()
    link_reports.resolve_report(waiting.report.id, actor_id=make_person().id, now=NOW)
    office.deliver()
    (response,) = office.post.to("ada@example.com")
    assert response["Subject"].startswith("Your photo studio is ready again")
    assert office.worked_example.shoot(shoot).signed_url == b"sealed"


def test_a_response_that_arrived_too_late_is_not_sent(office: Office) -> None:
    portal = office.worked_example.portal
    person = make_person("ada@example.com")
    make_consent(person)
    shoot = make_shoot(person, signed_url=b"sealed")
    assert link_reports.report_link(person, LinkReportInput(symptom=LinkSymptom.EMPTY), portal)
    with transaction():
        got_in = shoot_rows.lock_shoot(shoot.id)
        assert got_in is not None
        got_in.provider_status = "waiting"
    office.deliver()
    assert office.post.received == []
