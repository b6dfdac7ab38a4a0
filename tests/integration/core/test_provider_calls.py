"""The totals of the calls to the provider are those of the stored calls."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.db import transaction
from portal.models import provider_calls
from portal.models.provider_calls import SLOW_MS
from tests import factories
from tests.factories import NOW
from tests.integration.core.worked_example import WorkedExample

CALLS = st.lists(
    st.tuples(
        st.sampled_from(["/organization", "/organization/models"]),
        st.integers(0, 20 * 24 * 60),
        st.sampled_from([200, 404, 429, 502, None]),
        st.sampled_from([20.0, SLOW_MS - 0.5, float(SLOW_MS), 30_000.0]),
    ),
    max_size=20,
)
TOTALS = """
    SELECT day, method, path_template, calls, failed, rate_limited, slow, round(duration_ms)
    FROM provider_call_totals ORDER BY 1, 2, 3
"""
COUNTED = """
    SELECT date(at AT TIME ZONE 'UTC'), method, path_template, count(*),
           count(*) FILTER (WHERE status IS NULL OR status >= 400), count(*) FILTER (WHERE status = 429),
           count(*) FILTER (WHERE duration_ms >= 1000), round(sum(duration_ms))
    FROM provider_calls GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(calls=CALLS, deleted_days=st.integers(0, 20))
def test_totals_are_those_of_the_calls(
    worked_example: WorkedExample, calls: list[tuple[str, int, int | None, float]], deleted_days: int
) -> None:
    worked_example.query("TRUNCATE provider_calls, provider_call_totals")
    with worked_example.app.app_context():
        for path, minutes_ago, status, milliseconds in calls:
            factories.record_call(
                path, at=NOW - timedelta(minutes=minutes_ago), status=status, milliseconds=milliseconds
            )
        assert worked_example.query(TOTALS) == worked_example.query(COUNTED)
        midnight = NOW.replace(hour=0) - timedelta(days=deleted_days)
        with transaction():
            provider_calls.delete_calls(midnight)
        assert worked_example.query(TOTALS) == worked_example.query(COUNTED)
        shown = provider_calls.list_calls_by_endpoint(midnight.date())
        assert sum(each.count for each in shown) == worked_example.query("SELECT count(*) FROM provider_calls")[0][0]


def test_calls_recorded_at_the_same_time_are_all_counted(worked_example: WorkedExample) -> None:
    def record(_number: int) -> None:
        with worked_example.app.app_context():
            for _ in range(25):
                factories.record_call()

    with ThreadPoolExecutor(4) as executor:
        list(executor.map(record, range(4)))
    assert worked_example.query("SELECT calls FROM provider_call_totals") == [(100,)]
