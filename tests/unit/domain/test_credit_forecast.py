"""How long the credits last, from the balances read in the past."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from portal.domain.credit_forecast import list_daily, measure_use
from tests.factories import NOW


def build_reading(days_ago: float, balance: float) -> tuple:  # type: ignore[type-arg]
    return NOW - timedelta(days=days_ago), Decimal(str(balance))


def test_rate_is_the_mean_of_fourteen_days() -> None:
    use = measure_use([build_reading(20, 100), build_reading(10, 86), build_reading(3, 72)], Decimal(72), NOW)
    assert use.per_day == 2
    assert use.used_in_week == 14
    assert use.days_left == 36
    assert use.find_last_day(date(2026, 1, 1)) == date(2026, 2, 6)


def test_purchase_counts_as_no_use() -> None:
    use = measure_use(
        [build_reading(8, 10), build_reading(7, 6), build_reading(6, 106), build_reading(1, 102)], Decimal(102), NOW
    )
    assert use.per_day == 1
    assert use.days_left == 102


def test_record_of_less_than_a_day_has_no_forecast() -> None:
    use = measure_use([build_reading(0.5, 10), build_reading(0.1, 1)], Decimal(1), NOW)
    assert use.per_day is None
    assert use.days_left is None


def test_unused_or_unknown_credits_have_no_last_day() -> None:
    assert measure_use([build_reading(10, 5), build_reading(1, 5)], Decimal(5), NOW).days_left is None
    assert measure_use([build_reading(10, 5), build_reading(1, 4)], None, NOW).days_left is None


def test_days_without_a_reading_keep_the_last_balance() -> None:
    readings = [build_reading(5, 9), build_reading(4, 8), build_reading(2, 7)]
    days = list_daily(readings, first=(NOW - timedelta(days=4)).date(), last=NOW.date())
    assert [balance for _day, balance in days] == [8, 8, 7, 7, 7]
    later = list_daily(readings, first=(NOW - timedelta(days=9)).date(), last=NOW.date())
    assert [balance for _day, balance in later] == [9, 8, 8, 7, 7, 7]


@given(st.lists(st.tuples(st.floats(0, 40), st.integers(0, 500)), max_size=30), st.integers(0, 500))
def test_forecast_is_never_negative_and_its_use_is_bounded(steps: list[tuple[float, int]], balance: int) -> None:
    readings = sorted((NOW - timedelta(days=days), Decimal(value)) for days, value in steps)
    use = measure_use(readings, Decimal(balance), NOW)
    assert use.per_day is None or use.per_day >= 0
    assert use.days_left is None or use.days_left >= 0
    assert use.used_in_week >= 0
