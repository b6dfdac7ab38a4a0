"""The scheduled start of a campaign, and the test an admin sends to themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from portal.domain.errors import ChangedMeanwhile
from portal.services import campaigns as service
from portal.web.admin.campaign_form import parse_start
from tests.factories import make_person
from tests.integration.mail.conftest import Office, get_parts
from tests.integration.mail.running_campaign import ADMIN, MONDAY, Running, add_people, create_campaign

BERLIN = ZoneInfo("Europe/Berlin")
LATER = MONDAY + timedelta(hours=2)


def schedule_campaign(office: Office, at: datetime = LATER) -> Running:
    running = create_campaign(office)
    service.schedule_start(running.id, at, version=0, actor_id=ADMIN, now=MONDAY)
    return running


def test_campaign_starts_at_its_time_with_the_people_matching_then(office: Office) -> None:
    add_people("ann@example.com")
    running = schedule_campaign(office)
    running.advance_time(hours=1)
    assert running.found.state == "draft"
    add_people("bob@example.com")
    running.advance_time(hours=1)
    office.deliver()
    assert (running.found.state, running.found.starts_at) == ("running", None)
    assert set(running.received()) == {"ann@example.com", "bob@example.com"}


def test_job_that_was_lost_is_made_up_for(office: Office) -> None:
    add_people("ann@example.com")
    running = schedule_campaign(office)
    office.worked_example.connection.execute("DELETE FROM procrastinate_jobs")
    running.advance_time(hours=2)
    assert set(running.received()) == {"ann@example.com"}


def test_canceled_start_sends_nothing(office: Office) -> None:
    add_people("ann@example.com")
    running = schedule_campaign(office)
    service.cancel_start(running.id, version=1, actor_id=ADMIN, now=MONDAY)
    running.advance_time(hours=3)
    assert (running.found.state, running.received()) == ("draft", {})


def test_moved_start_waits_for_the_new_time(office: Office) -> None:
    add_people("ann@example.com")
    running = schedule_campaign(office)
    service.schedule_start(running.id, LATER + timedelta(hours=3), version=1, actor_id=ADMIN, now=MONDAY)
    running.advance_time(hours=2)
    assert running.found.state == "draft"
    running.advance_time(hours=3)
    assert running.found.state == "running"


def test_second_admin_does_not_schedule_what_the_first_changed(office: Office) -> None:
    running = schedule_campaign(office)
    with pytest.raises(ChangedMeanwhile):
        service.schedule_start(running.id, LATER, version=0, actor_id=ADMIN, now=MONDAY)
    service.start_campaign(running.id, version=1, actor_id=ADMIN, now=MONDAY)
    with pytest.raises(ChangedMeanwhile):
        service.cancel_start(running.id, version=2, actor_id=ADMIN, now=MONDAY)


@pytest.mark.parametrize("text", ["", "soon", "2026-10-01T09:00", "2027-03-28T02:30", "0001-01-01T00:00"])
def test_start_that_is_no_time_or_over_has_a_problem(text: str) -> None:
    assert parse_start(text, zone=BERLIN, now=MONDAY)[1] is not None


def test_start_is_of_the_portals_time_zone() -> None:
    expected = datetime(2026, 11, 3, 8, 0, tzinfo=UTC)
    assert parse_start("2026-11-03T09:00", zone=BERLIN, now=MONDAY) == (expected, None)


def test_only_the_admin_gets_the_test_mail(office: Office) -> None:
    add_people("ann@example.com")
    running = create_campaign(office)
    admin = make_person("cleo@example.com", role="admin")
    for _press in range(2):
        service.send_test(running.id, actor_id=admin.id, now=MONDAY)
    office.deliver()
    assert running.received() == {"cleo@example.com": 1}
    (message,) = office.post.to("cleo@example.com")
    assert message["Subject"].startswith("Test: Your new headshot, by November 20, 2026")
    assert message["List-Unsubscribe"] is None
    for part in get_parts(message):
        assert "This is a test that only you got." in part
        assert "New badges are coming." in part
