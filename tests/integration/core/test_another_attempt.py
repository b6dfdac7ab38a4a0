"""Another photo session: requested, granted or due, and the provider's responses to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from portal.domain.errors import NotFound, NotReady
from portal.domain.renewal import compute_renewal
from portal.domain.retention_periods import RetentionPeriods
from portal.domain.stages import Stage
from portal.models import choices, photos, shoots
from portal.models.people import Person
from portal.models.shoots import Shoot
from portal.services import another_attempts, gallery, journey, photo_sessions
from portal.services import shoots as shoot_requests
from portal.services.another_attempts import AttemptState
from tests.factories import NOW, USE, make_consent, make_finished_shoot, make_person, make_shoot
from tests.integration.core.worked_example import WorkedExample

LATER = NOW + timedelta(minutes=5)


def make_finished_person_shoot(person: Person) -> Shoot:
    make_consent(person)
    shoot, made = make_finished_shoot(person, 2)
    gallery.choose_photo(person, made[0].id, agreement=USE, now=NOW)
    return shoot


def request_next_shoot(person: Person, *, renew_after_months: int | None = None, now: datetime = LATER) -> Shoot:
    return shoot_requests.request_shoot(
        person, provider="profilebakery", development=False, now=now, renew_after_months=renew_after_months
    )


def read_state(
    worked_example: WorkedExample, person: Person, *, months: int | None = None, now: datetime = LATER
) -> AttemptState:
    settings = replace(worked_example.portal.settings, renew_after_months=months)
    return another_attempts.get_attempt_state(person.id, settings=settings, now=now)


def test_session_starts_only_after_an_admin_granted_it(worked_example: WorkedExample) -> None:
    person, admin = make_person(), make_person(role="admin")
    first = make_finished_person_shoot(person)
    assert request_next_shoot(person).id == first.id
    assert read_state(worked_example, person).can_request
    request = another_attempts.request_attempt(person, settings=worked_example.portal.settings, now=LATER)
    assert another_attempts.request_attempt(person, settings=worked_example.portal.settings, now=LATER).id == request.id
    assert request_next_shoot(person).id == first.id
    for _ in range(2):
        another_attempts.allow_attempt(person.id, actor=admin, now=LATER)
    assert read_state(worked_example, person).can_start
    second = request_next_shoot(person)
    assert second.id != first.id
    assert request_next_shoot(person).id == second.id
    assert worked_example.query(
        "SELECT action, count(*) FROM audit_entries WHERE action LIKE 'attempt.%' GROUP BY action ORDER BY action"
    ) == [("attempt.granted", 1), ("attempt.requested", 1)]
    assert not read_state(worked_example, person).can_start


def test_headshot_and_photos_stay_while_another_session_runs(worked_example: WorkedExample) -> None:
    person = make_person()
    first = make_finished_person_shoot(person)
    worked_example.clock.now = compute_renewal(NOW, 12)
    request_next_shoot(person, renew_after_months=12, now=worked_example.clock.now)
    choice = choices.find_current(person.id)
    assert choice is not None
    assert choice.shoot_id == first.id
    assert len(gallery.get_gallery(person).photos) == 2
    assert journey.get_journey(person).stage is Stage.CONSENT_GIVEN
    (earlier,) = photo_sessions.list_earlier(person, RetentionPeriods())
    assert (earlier.photo_count, earlier.first_photo_id) == (2, photos.list_viewable(first.id)[0].id)


def test_renewal_waits_for_the_last_day_of_its_month() -> None:
    assert compute_renewal(datetime(2026, 1, 31, tzinfo=UTC), 1) == datetime(2026, 2, 28, tzinfo=UTC)
    assert compute_renewal(datetime(2026, 11, 2, tzinfo=UTC), 14) == datetime(2028, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize(("months", "is_due"), [(None, False), (12, False), (6, True)])
def test_session_is_due_after_the_months_of_the_setting(
    worked_example: WorkedExample, months: int | None, is_due: bool
) -> None:
    person = make_person()
    make_finished_person_shoot(person)
    assert read_state(worked_example, person, months=months, now=compute_renewal(NOW, 7)).can_start is is_due


def test_next_session_waits_until_photos_are_copied(worked_example: WorkedExample) -> None:
    person = make_person()
    shoot = make_finished_person_shoot(person)
    worked_example.query("UPDATE photos SET copied_at = NULL WHERE id = (SELECT max(id::text)::uuid FROM photos)")
    another_attempts.request_attempt(person, settings=worked_example.portal.settings, now=LATER)
    another_attempts.allow_attempt(person.id, actor=make_person(role="admin"), now=LATER)
    assert request_next_shoot(person).id == shoot.id


def test_another_session_requires_a_finished_one(worked_example: WorkedExample) -> None:
    person, admin = make_person(), make_person(role="admin")
    make_shoot(person, provider_status="pending")
    with pytest.raises(NotReady):
        another_attempts.request_attempt(person, settings=worked_example.portal.settings, now=NOW)
    with pytest.raises(NotFound):
        another_attempts.allow_attempt(person.id, actor=admin, now=NOW)


def test_admins_are_notified_when_the_provider_refuses_a_second_session(worked_example: WorkedExample) -> None:
    person = make_person()
    first = make_finished_person_shoot(person)
    worked_example.provider.add(person.email, "active", id=first.provider_id)
    worked_example.clock.now = compute_renewal(NOW, 12)
    second = request_next_shoot(person, renew_after_months=12, now=worked_example.clock.now)
    worked_example.work()
    kept = worked_example.shoot(second)
    assert (kept.problem, kept.provider_id) == ("refused", None)
    assert worked_example.query("SELECT count(*) FROM link_reports WHERE shoot_id = %(id)s", id=second.id) == [(1,)]
    assert journey.get_journey(person).stage is Stage.PROBLEM
    assert choices.find_current(person.id) is not None
    assert len(photos.list_viewable(first.id)) == 2
    assert replace(read_state(worked_example, person), request=None) == AttemptState(
        can_request=False, request=None, can_start=False
    )
    assert shoots.find_open(person.id) is not None
