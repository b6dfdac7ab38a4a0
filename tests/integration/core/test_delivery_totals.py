"""The number of stored webhooks is exact after any counting, storing and deleting."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.db import transaction
from portal.domain import retention as periods
from portal.models import deliveries, monitoring
from portal.services import monitoring as service
from portal.services import retention
from tests.factories import NOW
from tests.integration.core.worked_example import WorkedExample

ACTS = st.lists(st.tuples(st.sampled_from(["store", "count", "delete", "pass"]), st.integers(1, 40)), max_size=25)


def store_delivery(number: int, days_ago: float, example: WorkedExample) -> None:
    deliveries.insert_delivery(
        dedupe_key=f"k{number}",
        provider="profilebakery",
        event="model.created",
        model_id=None,
        received_at=example.clock.now - timedelta(days=days_ago),
        stale=False,
        key_id="k",
        body_sha256="0" * 64,
        body=b"{}",
        error="unreadable" if number % 3 == 0 else None,
    )


def check_total(example: WorkedExample) -> None:
    [(total,)] = example.query("SELECT count(*) FROM deliveries")
    by_state = dict(example.query("SELECT state, count(*) FROM deliveries GROUP BY state"))
    with transaction():
        counts = monitoring.count_deliveries()
        shown = monitoring.count_deliveries_by_state()
    assert counts.received == total
    assert {state: count for state, count in shown.items() if count} == by_state


def test_total_is_exact_before_the_first_count(worked_example: WorkedExample) -> None:
    check_total(worked_example)
    store_delivery(1, 0, worked_example)
    check_total(worked_example)


@given(acts=ACTS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_total_is_exact_after_any_acts(worked_example: WorkedExample, acts: list[tuple[str, int]]) -> None:
    worked_example.query("TRUNCATE deliveries, delivery_totals, procrastinate_jobs CASCADE")
    worked_example.clock.now = NOW
    for number, (act, amount) in enumerate(acts):
        if act == "store":
            # Some were received long ago, by the clock of another process.
            store_delivery(number, amount * 3 if amount % 5 == 0 else 0, worked_example)
            if amount % 2:
                worked_example.query("UPDATE deliveries SET state = 'applied' WHERE state = 'pending'")
        elif act == "count":
            service.update_delivery_total(now=worked_example.clock.now)
        elif act == "delete":
            retention.delete_expired(worked_example.portal, now=worked_example.clock.now)
        else:
            worked_example.clock.advance(days=amount)
        # Late rows from before the last count are outside of what can happen: they are stored within a minute.
        if act != "store" or amount % 5:
            check_total(worked_example)
        else:
            service.update_delivery_total(now=worked_example.clock.now)
    assert timedelta(days=90) == periods.DELIVERIES.default
