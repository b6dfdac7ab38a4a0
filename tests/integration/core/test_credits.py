"""Credits: what is known of them, and that nobody asks in vain, nobody is forgotten and nobody jumps the line."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from portal.domain.stages import Problem, Stage
from portal.models.people import Person
from portal.provider.errors import OutOfCredits, Unavailable, UnexpectedResponse
from portal.services import credits, journey, monitoring, shoots
from tests.factories import NOW, agree, make_person, make_shoot
from tests.integration.core.bench import Bench

POST = "/organization/models"
EVERY = timedelta(minutes=5)


class Town:
    """People who want a session of a provider that has so many credits, or none."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.people: list[Person] = []

    def press(self, count: int = 1, *, development: bool = False) -> None:
        for _ in range(count):
            number = len(self.people)
            person = make_person(f"n{number}@example.com")
            agree(person)
            self.people.append(person)
            at = NOW + timedelta(seconds=number)
            shoots.request_shoot(person, provider="profilebakery", development=development, now=at)

    def refuse(self, times: int = 1) -> None:
        """Let the provider refuse the next calls for want of credits."""
        self.bench.provider.fails(
            "create_model", *[OutOfCredits("POST", POST, status=402, code="INSUFFICIENT_CREDITS")] * times
        )

    def look(self) -> None:
        """Do what is done every five minutes."""
        self.bench.clock.advance(minutes=5)
        self.bench.run("credits.look", {})
        self.bench.work()

    def has(self, balance: str | None) -> None:
        if balance is not None:
            self.bench.provider.credits = Decimal(balance)

    @property
    def asked(self) -> int:
        return self.bench.provider.called("create_model")

    @property
    def inside(self) -> list[int]:
        """Who has a session, by number."""
        return [number for number, person in enumerate(self.people) if journey.load(person).stage is Stage.IN_STUDIO]

    @property
    def saved(self) -> list[int]:
        """Who waits for a credit and is told so."""
        problems = [journey.load(person).problem for person in self.people]
        return [number for number, problem in enumerate(problems) if problem is Problem.NO_CREDITS]


@pytest.fixture
def town(bench: Bench) -> Town:
    return Town(bench)


# The forecast


def test_nothing_known_is_not_nothing_left(bench: Bench) -> None:
    assert credits.get_forecast() == credits.Forecast(None, None, 0, 0)
    assert credits.get_forecast().free is None
    assert not credits.get_forecast().is_used_up


def test_the_forecast_takes_off_who_asked_and_who_is_inside(bench: Bench, town: Town) -> None:
    town.has("5")
    credits.fetch_balance(bench.portal)
    for fields in (
        {"provider_status": "onboarding"},
        {"provider_status": "onboarding", "is_development": True},
        {"provider_status": "waiting"},
        {"provider_status": "active"},
        {"provider_id": None, "provider_status": None, "problem": "refused"},
        {"provider_status": "deleted", "closed_at": NOW},
    ):
        make_shoot(make_person(), **fields)
    town.press(2)
    found = credits.get_forecast()
    assert (found.balance, found.reserved, found.free) == (Decimal(5), 3, Decimal(2))
    assert found.read_at == NOW
    town.press(2)
    assert credits.get_forecast().is_used_up


@pytest.mark.parametrize("reason", ["credits", "not a JSON object"])
def test_a_balance_the_provider_does_not_tell_is_unknown(bench: Bench, town: Town, reason: str) -> None:
    town.has("0")
    credits.fetch_balance(bench.portal)
    assert credits.get_forecast().is_used_up
    bench.provider.fails("get_credits", UnexpectedResponse("GET", "/organization/credits", reason=reason))
    assert credits.fetch_balance(bench.portal) is None
    assert credits.get_forecast().free is None
    assert not credits.get_forecast().is_used_up


def test_an_outage_leaves_what_was_known(bench: Bench, town: Town) -> None:
    town.has("7")
    credits.fetch_balance(bench.portal)
    bench.provider.fails("get_credits", Unavailable("GET", "/organization/credits"))
    with pytest.raises(Unavailable):
        credits.fetch_balance(bench.portal)
    assert credits.get_forecast().balance == 7


def test_steps_of_a_quarter_are_kept(bench: Bench, town: Town) -> None:
    town.has("2.25")
    credits.fetch_balance(bench.portal)
    assert credits.get_forecast().free == Decimal("2.25")


# None left


def test_one_refusal_is_enough_for_everybody_behind(bench: Bench, town: Town) -> None:
    town.has("0")
    town.press(30)
    town.refuse()
    bench.work()
    assert town.asked == 1
    assert town.saved == list(range(30))
    town.press(3)
    bench.work()
    assert (town.asked, town.saved) == (1, list(range(33)))


def test_while_there_are_none_nobody_asks(bench: Bench, town: Town) -> None:
    town.has("0")
    town.press(20)
    town.refuse()
    bench.work()
    for _ in range(6):
        town.look()
    assert town.asked == 1
    # Once because of the refusal, and then every five minutes.
    assert bench.provider.called("get_credits") == 7
    assert town.saved == list(range(20))


def test_when_credits_return_as_many_go_on_as_there_are_in_the_order_of_asking(bench: Bench, town: Town) -> None:
    town.has("0")
    town.press(12)
    town.refuse()
    bench.work()
    town.has("5")
    town.look()
    assert town.inside == [0, 1, 2, 3, 4]
    assert town.asked == 6
    # The five inside have not handed in their photos yet, so the balance is still the same, and is not spent twice:
    # one more may find out whether somebody inside has given up.
    town.look()
    assert town.inside == [0, 1, 2, 3, 4, 5]
    town.has("100")
    town.look()
    assert (town.inside, town.saved) == (list(range(12)), [])


def test_a_balance_that_is_not_true_costs_one_call_each_time(bench: Bench, town: Town) -> None:
    """The provider names credits, and refuses all the same: they may be held for others."""
    town.has("500")
    town.press(40)
    town.refuse(4)
    bench.work()
    for _ in range(3):
        town.look()
    assert town.asked == 4
    assert town.saved == list(range(40))
    town.look()
    assert town.inside == list(range(40))


def test_a_balance_nobody_knows_is_found_out_by_one(bench: Bench, town: Town) -> None:
    town.press(10)
    town.refuse(2)
    bench.work()
    unknown = UnexpectedResponse("GET", "/organization/credits", reason="credits")
    bench.provider.fails("get_credits", *[unknown] * 8)
    town.look()
    assert (town.asked, town.saved) == (2, list(range(10)))
    town.look()
    assert town.inside == list(range(10))


def test_who_starts_meanwhile_stands_behind_those_who_wait_for_a_credit(bench: Bench, town: Town) -> None:
    town.has("0")
    town.press(4)
    town.refuse()
    bench.work()
    town.has("3")
    bench.clock.advance(minutes=5)
    bench.run("credits.look", {})
    town.press(2)
    bench.work()
    assert town.inside == [0, 1, 2]
    assert town.saved == [3, 4, 5]


def test_trying_things_out_needs_no_credit(bench: Bench, town: Town) -> None:
    town.has("0")
    town.press(2)
    town.refuse()
    bench.work()
    town.press(1, development=True)
    bench.work()
    assert (town.inside, town.saved) == ([2], [0, 1])


def test_credits_return_soon_enough(bench: Bench) -> None:
    """The look comes every five minutes and takes up to one more to begin."""
    from portal.jobs import schedule  # noqa: PLC0415
    from portal.jobs.runner import queue  # noqa: PLC0415

    crons = {name: each.cron for (name, _), each in queue.periodic_registry.periodic_tasks.items()}
    assert crons["schedule.credits"] == "*/5 * * * *"
    assert EVERY + timedelta(seconds=schedule.SPREAD_SECONDS) <= timedelta(minutes=15)


def test_the_console_sees_balance_forecast_and_who_waits(bench: Bench, town: Town) -> None:
    town.has("0")
    town.press(3)
    town.refuse()
    bench.work()
    seen = monitoring.get_health_report(bench.clock.now)
    assert (seen.credits.balance, seen.credits.free, seen.credits.waiting, seen.queue_length) == (0, -3, 3, 0)
