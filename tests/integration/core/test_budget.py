"""The request budget all processes share: its limit for any minute, its fairness, and the effect of headers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest

from portal.models import budget
from portal.provider import Grant
from portal.services.provider_budget import SharedBudget
from tests.integration.core.worked_example import WorkedExample

START = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class FakeTimer:
    """A clock that advances exactly as far as callers wait."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


def exhaust_budget(
    shared: SharedBudget, timer: FakeTimer, *, until: datetime, priority: str = "interactive"
) -> list[datetime]:
    """Call as often as it is allowed, and return when."""
    made = []
    while timer.now < until:
        leave = shared.acquire(priority, timer.now)  # type: ignore[arg-type]
        if isinstance(leave, Grant):
            made.append(timer.now)
        else:
            assert leave > 0
            timer.now += timedelta(seconds=leave)
    return made


def count_busiest_minute(made: list[datetime]) -> int:
    """Return how many calls the fullest minute holds, wherever it begins."""
    return max(sum(begin <= at < begin + MINUTE for at in made) for begin in made)


@pytest.mark.parametrize("limit", [10, 60, 300, 1000])
def test_no_minute_holds_more_than_the_limit(worked_example: WorkedExample, limit: int) -> None:
    """In any minute and with any number of callers; and four fifths are really used."""
    timer = FakeTimer()
    made = exhaust_budget(SharedBudget(limit, timer), timer, until=START + 4 * MINUTE)
    assert count_busiest_minute(made) <= limit
    assert len(made) >= 4 * limit * 0.8 - 1


def test_background_calls_leave_budget_for_interactive_ones(worked_example: WorkedExample) -> None:
    """When background calls have taken all they may, a person still gets through at once."""
    timer = FakeTimer()
    shared = SharedBudget(300, timer)
    while isinstance(shared.acquire("background", timer.now), Grant):
        pass
    assert isinstance(shared.acquire("interactive", timer.now), Grant)
    assert not isinstance(shared.acquire("background", timer.now), Grant)


def test_background_calls_are_not_starved(worked_example: WorkedExample) -> None:
    """Also at a small limit it gets its turn."""
    timer = FakeTimer()
    assert exhaust_budget(SharedBudget(10, timer), timer, until=START + 2 * MINUTE, priority="background")


def test_threads_share_one_bucket(worked_example: WorkedExample) -> None:
    """Eight callers at the same moment get together what one would get."""
    timer = FakeTimer()
    shared = SharedBudget(300, timer)
    alone = int(300 * budget.BURST_SHARE)
    granted: list[bool] = []

    def greedy() -> None:
        with worked_example.app.app_context():
            granted.extend(isinstance(shared.acquire("interactive", START), Grant) for _ in range(20))

    threads = [Thread(target=greedy) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(granted), sum(granted)) == (160, alone)


def test_an_empty_window_at_the_provider_closes_the_bucket(worked_example: WorkedExample) -> None:
    """Another client used the key: no call is made before the window starts anew."""
    timer = FakeTimer()
    shared = SharedBudget(300, timer)
    shared.acquire("interactive", timer.now)
    shared.observe(300, 2, START + timedelta(seconds=40))
    leave = shared.acquire("interactive", timer.now)
    assert leave == pytest.approx(40)
    timer.now += timedelta(seconds=41)
    assert isinstance(shared.acquire("interactive", timer.now), Grant)


def test_distant_rate_limit_reset_is_capped(worked_example: WorkedExample) -> None:
    """A wrong clock at the provider must not stop the portal for hours."""
    timer = FakeTimer()
    shared = SharedBudget(300, timer)
    shared.acquire("interactive", timer.now)
    shared.observe(300, 0, START + timedelta(days=1))
    leave = shared.acquire("interactive", timer.now)
    assert isinstance(leave, float)
    assert leave <= 90


def test_a_lower_limit_in_the_headers_is_followed(worked_example: WorkedExample) -> None:
    """The configured number is the contract's; the header is what is enforced."""
    timer = FakeTimer()
    shared = SharedBudget(300, timer)
    shared.acquire("interactive", timer.now)
    shared.observe(60, 59, START + MINUTE)
    timer.now += MINUTE
    begin = timer.now
    made = exhaust_budget(shared, timer, until=begin + 3 * MINUTE)
    assert count_busiest_minute(made) <= 60
    shared.observe(1000, 900, timer.now + MINUTE)
    assert shared.acquire("interactive", timer.now + MINUTE)
    later = exhaust_budget(shared, timer, until=timer.now + 2 * MINUTE)
    assert 200 < count_busiest_minute(later) <= 300
