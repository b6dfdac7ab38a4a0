"""Events in every order, late, doubled and in bursts: the end is always where the provider is."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.services import deliveries
from tests.database_cleanup import delete_rows
from tests.factories import NOW, list_choices
from tests.integration.core.delivered_events import build_event, list_delivery_states, make_provider_shoot
from tests.integration.core.doubles import Session
from tests.integration.core.worked_example import WorkedExample, format_iso_time
from tests.unit.images.photos import encode_image, load_portrait


def build_session_events(model: Session) -> list[dict[str, Any]]:
    """The provider's events of a whole session, in order."""
    at = [NOW + timedelta(minutes=minute) for minute in range(6)]
    return [
        build_event("model.created", model.id, "onboarding", at=at[0], id="evt_created"),
        build_event("model.status.updated", model.id, "pending", at=at[1], id="evt_status"),
        build_event(
            "model.photos_ready", model.id, "active", at=at[2], id="evt_ready", finishedAt=format_iso_time(at[2])
        ),
        build_event("model.favorite_selected", model.id, "active", at=at[3], id="evt_pick", photo={"id": "p2"}),
        build_event("model.deleted", model.id, "deleted", at=at[4], id="evt_deleted"),
    ]


DAY = timedelta(days=1)
TINY = encode_image(load_portrait(16, 20))
ENDS = {
    "deleted": (5, "deleted"),
    "finished": (4, "active"),
}


@pytest.mark.parametrize("end", ENDS)
@given(data=st.data())
@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_and_repetition_ends_in_the_providers_state(
    worked_example: WorkedExample, data: st.DataObject, end: str
) -> None:
    length, status = ENDS[end]
    delete_rows(worked_example.connection, "people", "deliveries", "procrastinate_jobs")
    worked_example.provider.models.clear()
    worked_example.clock.now = NOW
    shoot, model = make_provider_shoot(worked_example)
    model.status, model.favorite, model.photos = status, "p2", ["p1", "p2"]
    model.finished_at = NOW + timedelta(minutes=2)
    worked_example.downloader.content = {"p1": TINY, "p2": TINY}
    notified = build_session_events(model)[:length]
    order = data.draw(st.permutations(notified + data.draw(st.lists(st.sampled_from(notified), max_size=3))))
    pauses = data.draw(st.lists(st.booleans(), min_size=len(order), max_size=len(order)))
    worked_example.clock.advance(minutes=10)
    for body, is_followed in zip(order, pauses, strict=True):
        worked_example.send(body)
        if is_followed:
            worked_example.work()
    worked_example.work()

    kept = worked_example.shoot(shoot)
    assert kept.provider_status == status
    assert (kept.closed_at is not None) == (status == "deleted")
    assert set(list_delivery_states(worked_example)) == {"applied"}
    assert len(list_delivery_states(worked_example)) == length
    if status == "active":
        assert kept.finished_at is not None
        assert len(list_choices(shoot)) == 1
        assert kept.copied_at is not None


def test_every_order_of_contradicting_events_gives_the_same_result(worked_example: WorkedExample) -> None:
    """Each order over a shoot of its own, drained together."""
    shoots = []
    worked_example.clock.advance(minutes=10)
    for order in permutations(range(1, 5)):
        shoot, model = make_provider_shoot(worked_example)
        model.status = "deleted"
        shoots.append(shoot)
        notified = build_session_events(model)
        for position in order:
            worked_example.send(notified[position] | {"id": f"{notified[position]['id']}_{shoot.id}"})
    worked_example.work()
    assert {worked_example.shoot(shoot).provider_status for shoot in shoots} == {"deleted"}
    assert set(list_delivery_states(worked_example)) == {"applied"}


def test_deleted_shoot_is_never_restored(worked_example: WorkedExample) -> None:
    shoot, model = make_provider_shoot(worked_example)
    worked_example.send(build_event("model.deleted", model.id, at=NOW + timedelta(seconds=1)))
    worked_example.work()
    before = worked_example.shoot(shoot)
    assert (before.provider_status, before.closed_at) == ("deleted", NOW)
    for number, name in enumerate(("model.photos_ready", "model.status.updated", "model.favorite_selected")):
        at = NOW + timedelta(minutes=1 + number)
        worked_example.send(build_event(name, model.id, "active", at=at, photo={"id": "p1"}))
    worked_example.work()
    after = worked_example.shoot(shoot)
    assert (after.provider_status, after.closed_at, after.copied_at) == ("deleted", NOW, None)
    assert list_choices(shoot) == []
    assert worked_example.provider.calls == []


def test_burst_of_events_about_one_model_causes_two_reads_at_most(worked_example: WorkedExample) -> None:
    """1,000 events in a minute, and a worker so quick that it could read after each of them."""
    shoot, model = make_provider_shoot(worked_example, "pending")
    bodies = [
        build_event("model.status.updated", model.id, ("waiting", "onboarding", "active")[number % 3], at=NOW - DAY)
        for number in range(3)
    ]
    worked_example.query(
        """
        INSERT INTO deliveries (dedupe_key, provider, event, model_id, received_at, stale, key_id, body_sha256,
                                body, state)
        SELECT 'burst:' || number, 'profilebakery', 'model.status.updated', %(model)s, %(now)s, false, 'k', '',
               (%(bodies)s::bytea[])[1 + number %% 3], 'pending'
        FROM generate_series(1, 1000) AS number
        """,
        model=model.id,
        now=NOW,
        bodies=[json.dumps(body).encode() for body in bodies],
    )
    for number, (delivery_id,) in enumerate(worked_example.query("SELECT id FROM deliveries ORDER BY id")):
        deliveries.apply_delivery(delivery_id, clock=worked_example.clock)
        if number % 20 == 0:
            worked_example.work(ignore_schedule=False)
        worked_example.clock.advance(seconds=0.015)
    assert worked_example.provider.calls == ["get_model"]
    worked_example.work()
    assert worked_example.provider.calls == ["get_model"] * 2
    assert worked_example.shoot(shoot).provider_status == "pending"
    assert set(list_delivery_states(worked_example)) == {"applied"}


def test_reads_of_one_shoot_keep_a_minimum_interval(worked_example: WorkedExample) -> None:
    _, model = make_provider_shoot(worked_example, "pending")
    for number in range(3):
        worked_example.send(
            build_event("model.status.updated", model.id, "waiting", at=NOW - timedelta(hours=1), id=f"evt_{number}")
        )
        worked_example.work(ignore_schedule=False)
    assert worked_example.provider.called("get_model") == 1
    [wait] = worked_example.waits("shoots.refresh")
    assert wait == timedelta(seconds=20)
