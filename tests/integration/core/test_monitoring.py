"""What an operator's monitoring sees of webhooks and sessions, and what the console calls stuck or silent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from portal.db import transaction
from portal.models.deliveries import Delivery
from portal.models.people import Person
from portal.models.shoots import Shoot
from portal.services import monitoring
from portal.web.observability.database_metrics import render_metrics
from tests.integration.core.worked_example import WorkedExample

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def make_old_shoot(status: str | None, *, since: timedelta, problem: str | None = None) -> None:
    """A person whose session has been in this status for this long."""
    with transaction() as session:
        person = Person(
            issuer="i",
            subject=str(uuid4()),
            email="a@example.com",
            name="A",
            role="employee",
            created_at=NOW,
            signed_in_at=NOW,
        )
        session.add(person)
        session.flush()
        session.add(
            Shoot(
                person_id=person.id,
                provider="profilebakery",
                provider_id=str(uuid4()) if status else None,
                provider_status=status,
                status_since=NOW - since if status else None,
                requested_at=NOW - since,
                problem=problem,
            )
        )


def make_old_delivery(
    state: str, *, ago: timedelta, applied_after: timedelta | None = None, stale: bool = False
) -> None:
    """A webhook that came so long ago."""
    at = NOW - ago
    with transaction() as session:
        session.add(
            Delivery(
                dedupe_key=str(uuid4()),
                provider="profilebakery",
                received_at=at,
                key_id="k",
                body_sha256="0" * 64,
                body=b"{}",
                state=state,
                stale=stale,
                applied_at=None if applied_after is None else at + applied_after,
            )
        )


def test_monitoring_reads_every_number(worked_example: WorkedExample) -> None:
    """Counts by state and status, the lag, the ages; without names."""
    make_old_delivery("pending", ago=timedelta(seconds=90))
    make_old_delivery("dead", ago=timedelta(minutes=30))
    for _ in range(3):
        make_old_delivery("applied", ago=timedelta(minutes=5), applied_after=timedelta(seconds=2), stale=True)
    make_old_shoot("waiting", since=timedelta(minutes=1))
    make_old_shoot(None, since=timedelta(minutes=1))
    lines = render_metrics(NOW).decode().splitlines()
    for expected in (
        'portal_deliveries{state="received"} 5.0',
        'portal_deliveries{state="pending"} 1.0',
        'portal_deliveries{state="dead"} 1.0',
        'portal_deliveries{state="stale"} 3.0',
        "portal_delivery_lag_seconds 2.0",
        "portal_delivery_oldest_pending_seconds 90.0",
        "portal_delivery_last_seconds 90.0",
        'portal_shoots{status="waiting"} 1.0',
        'portal_shoots{status="requested"} 1.0',
        "portal_shoots_stuck 0.0",
        "portal_provider_silent 0.0",
    ):
        assert expected in lines
    assert "example.com" not in "\n".join(lines)


def test_metrics_of_empty_database_are_zero(worked_example: WorkedExample) -> None:
    """Nothing has come yet: the ages are left out instead of being made up."""
    text = render_metrics(NOW).decode()
    assert 'portal_deliveries{state="received"} 0.0' in text
    assert "portal_delivery_last_seconds" not in text


def test_long_status_is_stuck_and_known_problem_is_not(worked_example: WorkedExample) -> None:
    """Each status has its own usual time; what needs help is listed as that."""
    make_old_shoot("waiting", since=timedelta(hours=5))
    make_old_shoot("waiting", since=timedelta(hours=3))
    make_old_shoot("onboarding", since=timedelta(days=6))
    make_old_shoot("generatingHeadshots", since=timedelta(hours=7))
    make_old_shoot(None, since=timedelta(hours=1))
    make_old_shoot("onboarding", since=timedelta(days=30), problem="link_lost")
    seen = monitoring.get_health_report(NOW)
    assert sorted(one.status or "requested" for one in seen.stuck) == ["generatingHeadshots", "requested", "waiting"]
    assert [one.problem for one in seen.needing_help] == ["link_lost"]


def test_long_lists_are_cut_and_counted_whole(worked_example: WorkedExample) -> None:
    for hours in range(monitoring.SHOWN_SHOOTS + 2):
        make_old_shoot("waiting", since=timedelta(hours=5 + hours))
    make_old_shoot("onboarding", since=timedelta(days=30), problem="link_lost")
    seen = monitoring.get_health_report(NOW)
    assert [len(seen.stuck), seen.stuck_count] == [monitoring.SHOWN_SHOOTS, monitoring.SHOWN_SHOOTS + 2]
    assert seen.stuck[0].since == NOW - timedelta(hours=6 + monitoring.SHOWN_SHOOTS)
    assert [len(seen.needing_help), seen.needing_help_count] == [1, 1]
    assert seen.by_status == {"waiting": monitoring.SHOWN_SHOOTS + 2, "onboarding": 1}


def test_missing_webhooks_are_reported_only_with_shoots_in_progress(worked_example: WorkedExample) -> None:
    """People who take their photos for days are no reason for an alarm; a session at work without a word is."""
    make_old_shoot("onboarding", since=timedelta(days=2))
    assert not monitoring.get_health_report(NOW).is_silent
    make_old_shoot("pending", since=timedelta(hours=7))
    assert monitoring.get_health_report(NOW).is_silent
    make_old_delivery("applied", ago=timedelta(hours=1))
    assert not monitoring.get_health_report(NOW).is_silent
