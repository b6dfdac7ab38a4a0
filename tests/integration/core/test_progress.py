"""The times at which shoots reached their steps, the durations measured from them, and the timeline."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from portal.db import db, transaction
from portal.domain.durations import DEFAULTS, MIN_SAMPLES, Step
from portal.models import people, shoot_steps, shoots
from portal.models.shoots import Shoot
from portal.services import journey, retention, shoot_sync, timeline
from portal.services.progress import READ_EVERY, Expectations
from portal.services.timeline import Event, Timeline
from tests.factories import NOW, make_consent, make_person, make_shoot
from tests.integration.core.worked_example import WorkedExample

MINUTE = timedelta(minutes=1)


def make_opened_shoot(*, opened: int | None = 2, **fields: object) -> Shoot:
    """A shoot whose session was made now and, minutes later, opened."""
    person = make_person()
    make_consent(person)
    shoot = make_shoot(person, provider_status=None, **fields)
    apply_status(shoot, "onboarding", 0, by="create")
    if opened is not None:
        with transaction():
            locked = shoots.lock_shoot(shoot.id)
            assert locked is not None
            locked.opened_at = NOW + opened * MINUTE
    return shoot


def apply_status(shoot: Shoot, status: str, minute: float, *, by: shoot_sync.Source = "event") -> None:
    at = NOW + minute * MINUTE
    with transaction():
        locked = shoots.lock_shoot(shoot.id)
        assert locked is not None
        shoot_sync.apply_status(locked, status, at=at, by=by, now=at)


def list_recorded_minutes(step: Step) -> list[float]:
    """What has been kept of a step, in minutes."""
    db.session.rollback()
    found = shoot_steps.list_latest_durations(NOW + timedelta(days=9), is_development=False, limit=100)
    return sorted(seconds / 60 for seconds in found.get(step, []))


def build_timeline(shoot: Shoot, minute: float) -> Timeline:
    db.session.rollback()
    found = shoots.find_by_id(shoot.id)
    assert found is not None
    person = people.find_person(found.person_id)
    assert person is not None
    notified = timeline.build_timeline(
        journey.get_journey(person), expectations=Expectations(), now=NOW + minute * MINUTE
    )
    assert notified is not None
    return notified


def list_passed_events(notified: Timeline) -> list[tuple[Event, float]]:
    return [(each.event, (each.at - NOW) / MINUTE) for each in notified.passed]


def test_finished_shoot_records_step_durations(worked_example: WorkedExample) -> None:
    shoot = make_opened_shoot(opened=2)
    for status, minute in (("waiting", 20), ("pending", 30), ("generatingHeadshots", 60), ("active", 90)):
        apply_status(shoot, status, minute)
    assert {step: list_recorded_minutes(step) for step in Step} == {
        Step.STUDIO: [18],
        Step.CHECKING: [10],
        Step.MAKING: [60],
    }


def test_another_attempt_belongs_to_the_time_it_takes(worked_example: WorkedExample) -> None:
    shoot = make_opened_shoot()
    for status, minute in (("waiting", 20), ("pending", 30), ("failed", 40), ("pending", 50), ("active", 90)):
        apply_status(shoot, status, minute)
    assert list_recorded_minutes(Step.MAKING) == [60]


def test_an_outage_does_not_lengthen_a_step(worked_example: WorkedExample) -> None:
    shoot = make_opened_shoot()
    apply_status(shoot, "waiting", 20)
    apply_status(shoot, "pending", 30)
    # No webhook arrived for two days, then the sweep finds that it was finished some time ago.
    apply_status(shoot, "active", 2880, by="check")
    assert list_recorded_minutes(Step.MAKING) == []


def test_change_soon_after_previous_check_counts_as_exact(worked_example: WorkedExample) -> None:
    shoot = make_opened_shoot()
    apply_status(shoot, "waiting", 20)
    apply_status(shoot, "pending", 30)
    apply_status(shoot, "pending", 80, by="check")
    apply_status(shoot, "active", 90, by="check")
    assert list_recorded_minutes(Step.MAKING) == [60]


def test_skipped_step_records_no_duration(worked_example: WorkedExample) -> None:
    shoot = make_opened_shoot()
    apply_status(shoot, "pending", 30)
    assert {step: list_recorded_minutes(step) for step in Step} == {step: [] for step in Step}
    assert list_passed_events(build_timeline(shoot, 40))[-2:] == [(Event.RECEIVED, 30), (Event.STARTED, 30)]


def test_reset_shoot_records_no_duration_for_second_onboarding(worked_example: WorkedExample) -> None:
    shoot = make_opened_shoot()
    for status, minute in (("waiting", 20), ("pending", 30), ("active", 60), ("onboarding", 90), ("waiting", 100)):
        apply_status(shoot, status, minute)
    assert list_recorded_minutes(Step.STUDIO) == [18]
    assert list_recorded_minutes(Step.CHECKING) == [10]


def test_durations_of_test_sessions_are_measured_separately(worked_example: WorkedExample) -> None:
    shoot = make_opened_shoot(is_development=True)
    for status, minute in (("waiting", 3), ("pending", 4), ("active", 6)):
        apply_status(shoot, status, minute)
    assert list_recorded_minutes(Step.MAKING) == []
    assert shoot_steps.list_latest_durations(NOW + timedelta(days=1), is_development=True, limit=9)["making"] == [120]


def test_all_processes_use_the_same_expectations_until_refresh(worked_example: WorkedExample) -> None:
    shoot = make_opened_shoot()
    early, late = Expectations(), Expectations()
    stroke = datetime(2026, 11, 2, 9, 0, tzinfo=NOW.tzinfo)
    assert early.get_expected(shoot, stroke)[Step.MAKING] == DEFAULTS[Step.MAKING]
    with transaction():
        for number in range(MIN_SAMPLES):
            seconds = 600.0 + number
            shoot_steps.create_duration("making", is_development=False, seconds=seconds, now=stroke + MINUTE)
    before = stroke + READ_EVERY - timedelta(seconds=1)
    assert early.get_expected(shoot, before) == late.get_expected(shoot, before)
    after = stroke + READ_EVERY
    assert early.get_expected(shoot, after)[Step.MAKING].middle == timedelta(seconds=603.5)


def test_only_the_latest_are_kept(worked_example: WorkedExample, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "SAMPLE_SIZE", 3)
    with transaction():
        for number in range(5):
            shoot_steps.create_duration("making", is_development=False, seconds=number, now=NOW + number * MINUTE)
            shoot_steps.create_duration("checking", is_development=False, seconds=number, now=NOW)
    retention.delete_expired(worked_example.portal, now=NOW)
    db.session.rollback()
    found = shoot_steps.list_latest_durations(NOW + timedelta(days=1), is_development=False, limit=100)
    assert found["making"] == [4, 3, 2]
    assert len(found["checking"]) == 3


def test_timeline_shows_past_and_expected_steps(worked_example: WorkedExample) -> None:
    shoot = make_opened_shoot()
    notified = build_timeline(shoot, 5)
    assert (notified.step, notified.since, notified.upcoming[0]) == (Step.STUDIO, NOW + 2 * MINUTE, Event.RECEIVED)
    apply_status(shoot, "waiting", 20)
    apply_status(shoot, "pending", 30)
    notified = build_timeline(shoot, 40)
    assert list_passed_events(notified) == [
        (Event.REQUESTED, 0),
        (Event.OPENED, 2),
        (Event.RECEIVED, 20),
        (Event.STARTED, 30),
    ]
    assert (notified.step, notified.since, notified.upcoming) == (
        Step.MAKING,
        NOW + 30 * MINUTE,
        [Event.READY, Event.CHOSEN],
    )
    assert (notified.confirmed_by, notified.is_late, notified.is_stuck, notified.tries_again) == (
        "event",
        False,
        False,
        False,
    )


def test_time_found_by_polling_is_shown_as_approximate(worked_example: WorkedExample) -> None:
    shoot = make_opened_shoot()
    apply_status(shoot, "waiting", 20, by="check")
    assert [each.is_approximate for each in build_timeline(shoot, 30).passed] == [False, False, True]


def test_late_precedes_stuck_and_a_new_attempt_is_neither(worked_example: WorkedExample) -> None:
    shoot = make_opened_shoot()
    apply_status(shoot, "waiting", 20)
    apply_status(shoot, "pending", 30)
    hour = 60
    assert [
        (notified.is_late, notified.is_stuck)
        for notified in (build_timeline(shoot, 30 + each * hour) for each in (2, 4, 7))
    ] == [
        (False, False),
        (True, False),
        (False, True),
    ]
    apply_status(shoot, "failed", 30 + 7 * hour)
    assert (build_timeline(shoot, 31 + 7 * hour).tries_again, build_timeline(shoot, 31 + 7 * hour).is_stuck) == (
        True,
        False,
    )


def test_first_in_queue_has_no_wait(worked_example: WorkedExample) -> None:
    shoot = make_opened_shoot()
    notified = build_timeline(shoot, 60 * 24 * 30)
    assert (notified.is_late, notified.is_stuck) == (False, False)


def test_reset_by_the_studio_is_part_of_the_timeline(worked_example: WorkedExample) -> None:
    shoot = make_opened_shoot()
    for status, minute in (("waiting", 20), ("pending", 30), ("active", 60), ("onboarding", 90)):
        apply_status(shoot, status, minute)
    notified = build_timeline(shoot, 95)
    assert notified.starts_over
    assert list_passed_events(notified) == [(Event.REQUESTED, 0), (Event.OPENED, 2), (Event.RESTARTED, 90)]
    apply_status(shoot, "waiting", 100)
    assert list_passed_events(build_timeline(shoot, 101))[-1] == (Event.RECEIVED, 100)
