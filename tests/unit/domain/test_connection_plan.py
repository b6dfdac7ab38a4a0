"""Dividing the database's connections among processes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.connection_plan import DEFAULT_TOTAL, RESERVED, TooFewConnections, build_plan


@given(st.integers(1, 500), st.integers(1, 16))
def test_all_pools_together_stay_within_the_limit(total: int, web_processes: int) -> None:
    try:
        plan = build_plan(total, web_processes)
    except TooFewConnections as error:
        needed = error.needed
    else:
        needed = 0
    if needed:
        assert total < needed == build_plan(needed, web_processes).largest_use
        return
    assert web_processes * plan.per_web_process + plan.per_worker + RESERVED == plan.largest_use <= total
    assert min(plan.web_pool, plan.worker_pool) >= 2


def test_the_smallest_plan_runs_two_web_processes_and_a_worker() -> None:
    assert build_plan(DEFAULT_TOTAL, 2).largest_use == DEFAULT_TOTAL


@pytest.mark.parametrize(("total", "processes"), [(19, 2), (14, 1)])
def test_less_is_refused_with_the_number_that_is_needed(total: int, processes: int) -> None:
    with pytest.raises(TooFewConnections) as refused:
        build_plan(total, processes)
    assert refused.value.needed == total + 1
