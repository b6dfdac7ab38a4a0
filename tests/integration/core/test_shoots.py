"""From the press of start to one session at the provider, despite failures in between."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy.exc import IntegrityError

from portal.domain.erasure import ErasureScope
from portal.domain.errors import ConsentMissing, RetryLater
from portal.domain.stages import Problem, Stage
from portal.models import link_reports, people
from portal.models.shoots import Shoot
from portal.provider.errors import AlreadyExists, Forbidden, InvalidEmail, OutOfCredits, RateLimited, UnexpectedResponse
from portal.services import journey, shoot_creation, sweep, waiting_room, withdrawal
from portal.services.link_reports import resolve_report
from portal.services.shoots import open_studio, request_shoot
from tests.factories import NOW, make_consent, make_finished_shoot, make_person, make_shoot
from tests.integration.core.doubles import build_lost_response
from tests.integration.core.requested_shoot import get_stage, make_ready_person, press_start
from tests.integration.core.worked_example import WorkedExample

POST = "/organization/models"


def create_session(worked_example: WorkedExample) -> None:
    """Start the next person in the queue, without waiting for the budget."""

    def hurry(_seconds: float) -> None:
        return None

    waiting_room.start_next_in_queue(replace(worked_example.portal, sleep=hurry))


def test_start_request_creates_session_and_link(worked_example: WorkedExample) -> None:
    person = make_ready_person()
    shoot = press_start(person)
    assert get_stage(person) is Stage.CONSENT_GIVEN
    assert journey.get_journey(person).is_starting

    assert worked_example.work() == ["shoots.create_session"]

    kept = worked_example.shoot(shoot)
    assert (kept.provider_status, kept.minted_at, kept.attempts) == ("onboarding", NOW, 1)
    assert get_stage(person) is Stage.IN_STUDIO
    url = open_studio(person, worked_example.portal)
    assert url is not None
    assert url.startswith("https://studio.example/auth?token=canary-")
    assert worked_example.shoot(shoot).opened_at == NOW
    assert worked_example.provider.calls == ["create_model"]


@pytest.mark.asvs("A42")
def test_no_session_is_requested_without_consent(worked_example: WorkedExample) -> None:
    person = make_person()
    with pytest.raises(ConsentMissing):
        press_start(person)
    assert worked_example.list_queued() == []
    assert worked_example.query("SELECT count(*) FROM shoots") == [(0,)]


@pytest.mark.asvs("A42")
def test_concurrent_starts_create_one_shoot_and_one_job(worked_example: WorkedExample) -> None:
    person_id = make_ready_person().id

    def one() -> UUID:
        person = people.find_person(person_id)
        assert person is not None
        return press_start(person).id

    found = worked_example.run_concurrently([one] * 20)

    assert len(set(found)) == 1
    assert isinstance(found[0], UUID)
    assert worked_example.query("SELECT count(*) FROM shoots") == [(1,)]
    assert worked_example.list_queued() == [{"shoot_id": str(found[0])}]


def test_two_workers_at_once_make_one_session(worked_example: WorkedExample) -> None:
    shoot_id = press_start(make_ready_person()).id
    outcomes = worked_example.run_concurrently([lambda: create_session(worked_example)] * 4)

    assert worked_example.provider.called("create_model") == 1
    assert worked_example.shoot(shoot_id).provider_id in worked_example.provider.models
    # A second request while it was running is retried; a later one finds it done.
    assert all(each is None or isinstance(each, RetryLater) for each in outcomes), outcomes
    assert None in outcomes


def test_running_creation_attempt_is_not_repeated(worked_example: WorkedExample) -> None:
    shoot = press_start(make_ready_person())
    worked_example.provider.after_create.append(lambda: _second_attempt(worked_example, shoot))
    create_session(worked_example)
    assert worked_example.provider.called("create_model") == 1


def _second_attempt(worked_example: WorkedExample, shoot: Shoot) -> None:
    with worked_example.app.app_context(), pytest.raises(RetryLater) as running:
        create_session(worked_example)
    assert running.value.at == NOW + shoot_creation.ATTEMPT_LEASE


def test_creation_attempt_of_killed_worker_is_continued_by_another(worked_example: WorkedExample) -> None:
    """The job comes back long before the attempt counts as dead, and must not end with nothing done."""
    shoot = press_start(make_ready_person())
    [arguments] = worked_example.list_queued("shoots.create_session")
    worked_example.provider.fails("create_model", KeyboardInterrupt())  # the process ends here
    with pytest.raises(KeyboardInterrupt):
        create_session(worked_example)
    worked_example.query("DELETE FROM procrastinate_jobs")

    worked_example.clock.advance(seconds=30)
    assert worked_example.run("shoots.create_session", arguments) == "succeeded"
    [wait] = worked_example.waits("shoots.create_session")
    assert worked_example.clock.now + wait > NOW + shoot_creation.ATTEMPT_LEASE
    assert wait <= timedelta(seconds=33)

    worked_example.clock.advance(seconds=33)
    worked_example.work()
    assert worked_example.shoot(shoot).provider_id is not None


def test_lost_create_response_is_resolved_by_lookup(worked_example: WorkedExample) -> None:
    person = make_ready_person()
    shoot = press_start(person)
    worked_example.provider.after_create.append(build_lost_response())

    worked_example.work()

    assert worked_example.provider.calls == ["create_model", "list_models"]
    assert len(worked_example.provider.models) == 1
    kept = worked_example.shoot(shoot)
    assert kept.provider_id in worked_example.provider.models
    assert kept.signed_url is None
    # The provider returns the link once; it is lost, and the page shows that.
    assert get_stage(person) is Stage.PROBLEM
    assert journey.get_journey(person).problem is Problem.LINK_LOST
    assert worked_example.query("SELECT count(*) FROM audit_entries WHERE action = 'shoot.link_lost'") == [(1,)]


def test_lost_create_response_without_match_is_retried(worked_example: WorkedExample) -> None:
    shoot = press_start(make_ready_person())
    worked_example.provider.fails("create_model", build_lost_response())
    worked_example.work()
    assert worked_example.provider.calls == ["create_model", "list_models", "create_model"]
    assert worked_example.shoot(shoot).signed_url is not None


def test_late_signed_url_is_stored(worked_example: WorkedExample) -> None:
    """A response of an expired attempt holds the only link the provider issues."""
    person = make_ready_person()
    shoot = press_start(person)

    def overtaken() -> None:
        worked_example.clock.advance(seconds=90)
        with worked_example.app.app_context():
            create_session(worked_example)
        assert worked_example.shoot(shoot).signed_url is None

    worked_example.provider.after_create.append(overtaken)
    create_session(worked_example)

    kept = worked_example.shoot(shoot)
    assert kept.attempts == 2
    assert kept.signed_url is not None
    assert get_stage(person) is Stage.IN_STUDIO
    assert len(worked_example.provider.models) == 1


def test_expired_creation_attempt_does_not_create(worked_example: WorkedExample) -> None:
    shoot = press_start(make_ready_person())
    worked_example.provider.fails("create_model", build_lost_response())
    with pytest.raises(RetryLater):
        create_session(worked_example)
    worked_example.clock.advance(seconds=2)

    def overtaken() -> None:
        worked_example.clock.advance(seconds=90)
        with worked_example.app.app_context():
            create_session(worked_example)

    worked_example.provider.fails("list_models", overtaken)
    with pytest.raises(RetryLater):
        create_session(worked_example)
    assert worked_example.provider.called("create_model") == 2
    assert worked_example.shoot(shoot).signed_url is not None


def test_consent_withdrawn_before_the_job_means_no_call(worked_example: WorkedExample) -> None:
    person = make_ready_person()
    shoot = press_start(person)
    withdrawal.withdraw_consent(person, ErasureScope.PICTURES, worked_example.portal)

    worked_example.work()

    assert worked_example.provider.calls == []
    assert get_stage(person) is Stage.WITHDRAWN
    # Agreeing again is a fresh start.
    make_consent(person)
    again = press_start(person)
    assert again.id != shoot.id
    worked_example.work()
    assert worked_example.shoot(again).provider_id is not None


def test_deactivated_person_gets_no_session(worked_example: WorkedExample) -> None:
    person = make_ready_person()
    press_start(person)
    worked_example.query("UPDATE people SET deactivated_at = %(now)s WHERE id = %(id)s", now=NOW, id=person.id)
    worked_example.work()
    assert worked_example.provider.calls == []


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (OutOfCredits("POST", POST, status=402, code="INSUFFICIENT_CREDITS"), Problem.NO_CREDITS),
        (Forbidden("POST", POST, status=403), Problem.REFUSED),
        (InvalidEmail("POST", POST, status=400), Problem.REFUSED),
    ],
)
def test_refused_create_is_reported_once_and_not_retried(
    worked_example: WorkedExample, error: Exception, problem: Problem
) -> None:
    person = make_ready_person()
    press_start(person)
    worked_example.provider.fails("create_model", error)
    worked_example.work()
    assert worked_example.provider.called("create_model") == 1
    assert get_stage(person) is Stage.PROBLEM
    assert journey.get_journey(person).problem is problem
    # Pressing start again is a new attempt, after a possible repair.
    press_start(person)
    assert get_stage(person) is Stage.CONSENT_GIVEN
    worked_example.work()
    assert get_stage(person) is Stage.IN_STUDIO


def test_people_waiting_for_credits_start_in_order_of_wait(worked_example: WorkedExample) -> None:
    waiting = [make_ready_person() for _ in range(3)]
    for number, person in enumerate(waiting):
        request_shoot(person, provider="profilebakery", development=False, now=NOW + timedelta(seconds=number))
    worked_example.provider.fails("create_model", OutOfCredits("POST", POST, status=402))
    worked_example.provider.credits = type(worked_example.provider.credits)(0)
    worked_example.work()
    assert [get_stage(person) for person in waiting] == [Stage.PROBLEM] * 3

    sweep.reconcile_shoots(worked_example.portal)
    assert worked_example.work() == []
    # Those behind the first who was refused did not have to be refused themselves.
    assert worked_example.provider.called("create_model") == 1

    worked_example.provider.credits = type(worked_example.provider.credits)(2)
    sweep.reconcile_shoots(worked_example.portal)
    worked_example.work()
    assert [get_stage(person) for person in waiting] == [Stage.IN_STUDIO, Stage.IN_STUDIO, Stage.PROBLEM]


def test_an_address_the_provider_knows_leads_to_its_newest_session(worked_example: WorkedExample) -> None:
    person = make_ready_person("ada@example.com")
    worked_example.provider.add("ada@example.com", "deleted", created_at=NOW + timedelta(days=1))
    newest = worked_example.provider.add("Ada@Example.com ", "active", created_at=NOW)
    worked_example.provider.add("ada@example.com", "onboarding", created_at=NOW - timedelta(days=9))
    shoot = press_start(person)
    worked_example.work(ignore_schedule=False)
    kept = worked_example.shoot(shoot)
    assert kept.provider_id == newest.id
    assert kept.provider_status == "active"


def test_a_session_of_another_person_is_refused(worked_example: WorkedExample) -> None:
    other = make_ready_person("shared@example.com")
    press_start(other)
    worked_example.work()
    person = make_ready_person("shared@example.com")
    shoot = press_start(person)
    worked_example.work()
    assert worked_example.shoot(shoot).provider_id is None
    assert journey.get_journey(person).problem is Problem.ADDRESS_TAKEN
    assert get_stage(other) is Stage.IN_STUDIO
    assert open_studio(person, worked_example.portal) is None


def test_known_address_without_any_session_is_refused(worked_example: WorkedExample) -> None:
    person = make_ready_person()
    press_start(person)
    worked_example.provider.fails("create_model", AlreadyExists("POST", POST, status=400))
    worked_example.work()
    assert journey.get_journey(person).problem is Problem.REFUSED


def test_refused_start_is_a_task_and_starts_again_once_resolved(worked_example: WorkedExample) -> None:
    person = make_ready_person()
    shoot = press_start(person)
    worked_example.provider.fails("create_model", AlreadyExists("POST", POST, status=400))
    worked_example.work()
    [task] = link_reports.list_open()
    assert (task.report.symptom, task.person.id) == ("start_refused", person.id)
    admin = make_person(role="admin")
    resolve_report(task.report.id, actor_id=admin.id, now=worked_example.clock.now)
    assert link_reports.list_open() == []
    worked_example.work()
    assert worked_example.shoot(shoot).provider_id is not None
    assert journey.get_journey(person).problem is None


def test_malformed_response_is_retried_and_then_reported(worked_example: WorkedExample) -> None:
    person = make_ready_person()
    press_start(person)
    nonsense = UnexpectedResponse("GET", POST, reason="nonsense", retryable=False)
    worked_example.provider.fails("create_model", *[nonsense] * 5)
    worked_example.provider.fails("list_models", *[nonsense] * 5)
    worked_example.work()
    assert worked_example.provider.called("create_model") + worked_example.provider.called("list_models") == 5
    assert journey.get_journey(person).problem is Problem.REFUSED


def test_rate_limited_creation_is_retried(worked_example: WorkedExample) -> None:
    shoot = press_start(make_ready_person())
    worked_example.provider.fails("create_model", RateLimited("POST", POST, resets_at=NOW + timedelta(seconds=40)))
    assert worked_example.work(ignore_schedule=False, limit=1) == ["shoots.create_session"]
    [wait] = worked_example.waits("shoots.create_session")
    assert timedelta(seconds=40) < wait < timedelta(seconds=43)
    worked_example.work()
    assert worked_example.shoot(shoot).provider_id is not None


def test_pressing_start_increments_the_version(worked_example: WorkedExample) -> None:
    person = make_ready_person()
    before = people.get_version(person.id)
    press_start(person)
    assert people.get_version(person.id) == before + 1


def test_pressing_start_with_a_session_changes_nothing(worked_example: WorkedExample) -> None:
    person = make_ready_person()
    shoot, _ = make_finished_shoot(person)
    before = person.version
    assert press_start(person).id == shoot.id
    assert worked_example.list_queued() == []
    assert person.version == before


def test_after_a_deleted_shoot_a_new_one_can_start(worked_example: WorkedExample) -> None:
    person = make_ready_person()
    old = make_shoot(person, provider_status="deleted", closed_at=NOW)
    assert get_stage(person) is Stage.DELETED
    new = press_start(person)
    assert new.id != old.id
    assert get_stage(person) is Stage.CONSENT_GIVEN


def test_the_database_forbids_two_open_shoots(worked_example: WorkedExample) -> None:
    person = make_ready_person()
    make_shoot(person)
    with pytest.raises(IntegrityError, match="uq_shoots_open"):
        make_shoot(person)


def test_sweep_requeues_creation_with_lost_job(worked_example: WorkedExample) -> None:
    shoot = press_start(make_ready_person())
    worked_example.query("DELETE FROM procrastinate_jobs")
    sweep.reconcile_shoots(worked_example.portal)
    assert worked_example.list_queued("shoots.create_session") == []
    worked_example.clock.advance(minutes=11)
    sweep.reconcile_shoots(worked_example.portal)
    worked_example.work()
    assert worked_example.shoot(shoot).provider_id is not None
