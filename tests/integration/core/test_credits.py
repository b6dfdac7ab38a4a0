"""Credits: the balance, and that no call is made in vain, no person is lost, and the queue's order is kept."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from portal.domain.stages import Problem, Stage
from portal.models.people import Person
from portal.provider.errors import OutOfCredits, Unavailable, UnexpectedResponse
from portal.services import credits, journey, monitoring, shoots
from tests.factories import NOW, make_consent, make_person, make_shoot
from tests.integration.core.worked_example import WorkedExample

POST = "/organization/models"
EVERY = timedelta(minutes=5)


class Scenario:
    """People who want a session of a provider that has so many credits, or none."""

    def __init__(self, worked_example: WorkedExample) -> None:
        self.worked_example = worked_example
        self.people: list[Person] = []

    def press(self, count: int = 1, *, development: bool = False) -> None:
        for _ in range(count):
            number = len(self.people)
            person = make_person(f"n{number}@example.com")
            make_consent(person)
            self.people.append(person)
            at = NOW + timedelta(seconds=number)
            shoots.request_shoot(person, provider="profilebakery", development=development, now=at)

    def refuse(self, times: int = 1) -> None:
        """Let the provider refuse the next calls for want of credits."""
        self.worked_example.provider.fails(
            "create_model", *[OutOfCredits("POST", POST, status=402, code="INSUFFICIENT_CREDITS")] * times
        )

    def fetch_balance(self) -> None:
        """Do what is done every five minutes."""
        self.worked_example.clock.advance(minutes=5)
        self.worked_example.run("credits.look", {})
        self.worked_example.work()

    def has(self, balance: str | None) -> None:
        if balance is not None:
            self.worked_example.provider.credits = Decimal(balance)

    @property
    def create_count(self) -> int:
        return self.worked_example.provider.called("create_model")

    @property
    def inside(self) -> list[int]:
        """Who has a session, by number."""
        return [
            number for number, person in enumerate(self.people) if journey.get_journey(person).stage is Stage.IN_STUDIO
        ]

    @property
    def saved(self) -> list[int]:
        """People who wait for a credit, and the message to them."""
        problems = [journey.get_journey(person).problem for person in self.people]
        return [number for number, problem in enumerate(problems) if problem is Problem.NO_CREDITS]


@pytest.fixture
def scenario(worked_example: WorkedExample) -> Scenario:
    return Scenario(worked_example)


# The forecast


def test_unknown_balance_is_not_zero(worked_example: WorkedExample) -> None:
    assert credits.get_forecast() == credits.Forecast(None, None, 0, 0)
    assert credits.get_forecast().free is None
    assert not credits.get_forecast().is_used_up


def test_the_forecast_subtracts_requested_and_running_sessions(
    worked_example: WorkedExample, scenario: Scenario
) -> None:
    scenario.has("5")
    credits.fetch_balance(worked_example.portal)
    for fields in (
        {"provider_status": "onboarding"},
        {"provider_status": "onboarding", "is_development": True},
        {"provider_status": "waiting"},
        {"provider_status": "active"},
        {"provider_id": None, "provider_status": None, "problem": "refused"},
        {"provider_status": "deleted", "closed_at": NOW},
    ):
        make_shoot(make_person(), **fields)
    scenario.press(2)
    found = credits.get_forecast()
    assert (found.balance, found.reserved, found.free) == (Decimal(5), 3, Decimal(2))
    assert found.read_at == NOW
    scenario.press(2)
    assert credits.get_forecast().is_used_up


@pytest.mark.parametrize("reason", ["credits", "not a JSON object"])
def test_missing_balance_is_unknown(worked_example: WorkedExample, scenario: Scenario, reason: str) -> None:
    scenario.has("0")
    credits.fetch_balance(worked_example.portal)
    assert credits.get_forecast().is_used_up
    worked_example.provider.fails("get_credits", UnexpectedResponse("GET", "/organization/credits", reason=reason))
    assert credits.fetch_balance(worked_example.portal) is None
    assert credits.get_forecast().free is None
    assert not credits.get_forecast().is_used_up


def test_outage_keeps_the_stored_balance(worked_example: WorkedExample, scenario: Scenario) -> None:
    scenario.has("7")
    credits.fetch_balance(worked_example.portal)
    worked_example.provider.fails("get_credits", Unavailable("GET", "/organization/credits"))
    with pytest.raises(Unavailable):
        credits.fetch_balance(worked_example.portal)
    assert credits.get_forecast().balance == 7


def test_steps_of_a_quarter_are_kept(worked_example: WorkedExample, scenario: Scenario) -> None:
    scenario.has("2.25")
    credits.fetch_balance(worked_example.portal)
    assert credits.get_forecast().free == Decimal("2.25")


# None left


def test_one_rate_limit_response_pauses_the_whole_queue(worked_example: WorkedExample, scenario: Scenario) -> None:
    scenario.has("0")
    scenario.press(30)
    scenario.refuse()
    worked_example.work()
    assert scenario.create_count == 1
    assert scenario.saved == list(range(30))
    scenario.press(3)
    worked_example.work()
    assert (scenario.create_count, scenario.saved) == (1, list(range(33)))


def test_no_job_runs_without_available_credits(worked_example: WorkedExample, scenario: Scenario) -> None:
    scenario.has("0")
    scenario.press(20)
    scenario.refuse()
    worked_example.work()
    for _ in range(6):
        scenario.fetch_balance()
    assert scenario.create_count == 1
    # Once because of the refusal, and then every five minutes.
    assert worked_example.provider.called("get_credits") == 7
    assert scenario.saved == list(range(20))


def test_returned_credits_resume_waiting_people_in_order(worked_example: WorkedExample, scenario: Scenario) -> None:
    scenario.has("0")
    scenario.press(12)
    scenario.refuse()
    worked_example.work()
    scenario.has("5")
    scenario.fetch_balance()
    assert scenario.inside == [0, 1, 2, 3, 4]
    assert scenario.create_count == 6
    # The five inside have not handed in their photos yet, so the balance is still the same, and is not spent twice:
    # One more may find out whether a person in the studio has given up.
    scenario.fetch_balance()
    assert scenario.inside == [0, 1, 2, 3, 4, 5]
    scenario.has("100")
    scenario.fetch_balance()
    assert (scenario.inside, scenario.saved) == (list(range(12)), [])


def test_stale_balance_triggers_one_call_per_attempt(worked_example: WorkedExample, scenario: Scenario) -> None:
    """The provider names credits, and refuses all the same: they may be held for others."""
    scenario.has("500")
    scenario.press(40)
    scenario.refuse(4)
    worked_example.work()
    for _ in range(3):
        scenario.fetch_balance()
    assert scenario.create_count == 4
    assert scenario.saved == list(range(40))
    scenario.fetch_balance()
    assert scenario.inside == list(range(40))


def test_unknown_balance_is_fetched_by_one_worker_only(worked_example: WorkedExample, scenario: Scenario) -> None:
    scenario.press(10)
    scenario.refuse(2)
    worked_example.work()
    unknown = UnexpectedResponse("GET", "/organization/credits", reason="credits")
    worked_example.provider.fails("get_credits", *[unknown] * 8)
    scenario.fetch_balance()
    assert (scenario.create_count, scenario.saved) == (2, list(range(10)))
    scenario.fetch_balance()
    assert scenario.inside == list(range(10))


def test_new_start_queues_behind_people_waiting_for_credits(worked_example: WorkedExample, scenario: Scenario) -> None:
    scenario.has("0")
    scenario.press(4)
    scenario.refuse()
    worked_example.work()
    scenario.has("3")
    worked_example.clock.advance(minutes=5)
    worked_example.run("credits.look", {})
    scenario.press(2)
    worked_example.work()
    assert scenario.inside == [0, 1, 2]
    assert scenario.saved == [3, 4, 5]


def test_development_session_needs_no_credit(worked_example: WorkedExample, scenario: Scenario) -> None:
    scenario.has("0")
    scenario.press(2)
    scenario.refuse()
    worked_example.work()
    scenario.press(1, development=True)
    worked_example.work()
    assert (scenario.inside, scenario.saved) == ([2], [0, 1])


def test_credits_return_soon_enough(worked_example: WorkedExample) -> None:
    """The look comes every five minutes and takes up to one more to begin."""
    from portal.jobs import schedule  # noqa: PLC0415
    from portal.jobs.runner import queue  # noqa: PLC0415

    crons = {name: each.cron for (name, _), each in queue.periodic_registry.periodic_tasks.items()}
    assert crons["schedule.credits"] == "*/5 * * * *"
    assert EVERY + timedelta(seconds=schedule.SPREAD_SECONDS) <= timedelta(minutes=15)


def test_the_console_shows_balance_forecast_and_waiting_people(
    worked_example: WorkedExample, scenario: Scenario
) -> None:
    scenario.has("0")
    scenario.press(3)
    scenario.refuse()
    worked_example.work()
    seen = monitoring.get_health_report(worked_example.clock.now)
    assert (seen.credits.balance, seen.credits.free, seen.credits.waiting, seen.queue_length) == (0, -3, 3, 0)
