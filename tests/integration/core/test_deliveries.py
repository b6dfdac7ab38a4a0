"""Webhooks: stored once, applied in any order, with the provider's API as the source of truth."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from typing import Any

import pytest

from portal.db import db
from portal.models import deliveries, people
from portal.provider.errors import Unavailable
from portal.provider.signature import SignatureInvalid
from portal.services import deliveries as delivery_service
from portal.services import journey
from portal.services import people as people_service
from portal.services.shoots import request_shoot
from tests.factories import NOW, list_choices, make_consent, make_person, make_photo
from tests.integration.core.delivered_events import build_event, list_delivery_states, make_provider_shoot
from tests.integration.core.signing import sign_headers
from tests.integration.core.worked_example import WorkedExample


def test_webhook_is_stored_once_with_one_valid_job(worked_example: WorkedExample) -> None:
    body = build_event("model.created", "m1", "onboarding", id="evt_1")
    kept = worked_example.send(body)
    assert kept is not None
    assert worked_example.send(body) is None
    assert worked_example.list_queued() == [{"delivery_id": kept}]
    [row] = worked_example.query("SELECT dedupe_key, provider, event, model_id, stale, state, body FROM deliveries")
    assert tuple(row)[:6] == ("profilebakery:evt_1", "profilebakery", "model.created", "m1", False, "pending")
    assert json.loads(row[6]) == body
    assert worked_example.work() == ["deliveries.apply"]


def test_events_about_deactivated_people_are_applied(worked_example: WorkedExample) -> None:
    shoot, foreign = make_provider_shoot(worked_example)
    people_service.deactivate_person(shoot.person_id, actor=make_person(), now=NOW)
    foreign.status = "waiting"
    worked_example.send(build_event("model.status.updated", foreign.id, "waiting", at=NOW + timedelta(seconds=1)))
    worked_example.work()
    assert list_delivery_states(worked_example) == ["applied"]
    assert worked_example.shoot(shoot).provider_status == "waiting"


def test_job_calls_have_priority_over_background_calls(worked_example: WorkedExample) -> None:
    shoot, _ = make_provider_shoot(worked_example)
    with_refresh = build_event("model.status.updated", shoot.provider_id or "", None, at=NOW)
    worked_example.send(with_refresh)
    worked_example.work(limit=1)
    worked_example.send(build_event("model.created", "m2", "onboarding"))
    assert worked_example.work() == ["deliveries.apply", "shoots.refresh"]


def test_concurrent_duplicates_are_one_row_and_one_job(worked_example: WorkedExample) -> None:
    body = build_event("model.created", "m1", "onboarding", id="evt_1")
    kept = worked_example.run_concurrently([lambda: worked_example.send(body)] * 50)
    assert len([each for each in kept if each is not None]) == 1
    assert worked_example.query("SELECT count(*) FROM deliveries") == [(1,)]
    assert len(worked_example.list_queued()) == 1


def test_event_without_id_is_deduplicated_by_body(worked_example: WorkedExample) -> None:
    body = build_event("model.created", "m1", "onboarding")
    assert worked_example.send(body) is not None
    assert worked_example.send(body) is None
    assert worked_example.send(build_event("model.created", "m1", "onboarding", extra=1)) is not None


@pytest.mark.parametrize("wrong", ["secret", "time", "body"])
def test_forged_webhook_is_not_stored(worked_example: WorkedExample, wrong: str) -> None:
    body = json.dumps(build_event("model.created", "m1", "onboarding")).encode()
    headers = sign_headers(body, NOW, secret="other" if wrong == "secret" else "test-webhook-secret")
    if wrong == "time":
        headers[1] = (headers[1][0], str(int(headers[1][1]) + 1))
    receiver = delivery_service.WebhookReceiver(worked_example.portal.brand, ("test-webhook-secret",), "timestamped")
    with pytest.raises(SignatureInvalid):
        delivery_service.store_delivery(receiver, body + b" " if wrong == "body" else body, headers, now=NOW)
    assert worked_example.query("SELECT count(*) FROM deliveries") == [(0,)]
    assert worked_example.list_queued() == []


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 10_000, b'{"event": 7}', b'{"event": "\xed\xa0\x80"}', b"{}"],
)
def test_authentic_but_unreadable_webhook_is_dead_without_a_job(worked_example: WorkedExample, body: bytes) -> None:
    assert worked_example.send(body) is not None
    assert list_delivery_states(worked_example) == ["dead"]
    assert worked_example.list_queued() == []
    assert worked_example.query("SELECT error LIKE 'unreadable: %' FROM deliveries") == [(True,)]


def test_another_body_with_a_known_id_is_set_aside(worked_example: WorkedExample) -> None:
    first = build_event("model.status.updated", "m1", "waiting", id="evt_1")
    other = build_event("model.status.updated", "m1", "deleted", id="evt_1")
    assert worked_example.send(first) is not None
    for _ in range(2):
        assert worked_example.send(other) is None
    rows = worked_example.query("SELECT state, body FROM deliveries ORDER BY id")
    assert [state for state, _ in rows] == ["pending", "dead"]
    assert [json.loads(body) for _, body in rows] == [first, other]
    assert len(worked_example.list_queued()) == 1


def test_a_newer_event_moves_the_shoot_without_any_call(worked_example: WorkedExample) -> None:
    shoot, _ = make_provider_shoot(worked_example)
    at = NOW + timedelta(seconds=5)
    worked_example.send(build_event("model.status.updated", shoot.provider_id or "", "waiting", at=at))
    worked_example.work()
    kept = worked_example.shoot(shoot)
    assert (kept.provider_status, kept.status_at, kept.confirmed_by) == ("waiting", at, "event")
    assert worked_example.provider.calls == []
    assert list_delivery_states(worked_example) == ["applied"]


def test_known_event_triggers_no_provider_call(worked_example: WorkedExample) -> None:
    shoot, _ = make_provider_shoot(worked_example)
    worked_example.send(
        build_event("model.created", shoot.provider_id or "", "onboarding", at=NOW - timedelta(seconds=1))
    )
    worked_example.send(build_event("model.status.updated", shoot.provider_id or "", "onboarding"))
    assert worked_example.work() == ["deliveries.apply"] * 2
    assert worked_example.provider.calls == []


def test_contradicting_older_event_triggers_one_reread(worked_example: WorkedExample) -> None:
    shoot, _ = make_provider_shoot(worked_example, "pending")
    worked_example.send(
        build_event("model.status.updated", shoot.provider_id or "", "waiting", at=NOW - timedelta(minutes=1))
    )
    worked_example.work()
    assert worked_example.provider.calls == ["get_model"]
    assert worked_example.shoot(shoot).provider_status == "pending"


def test_event_without_time_triggers_one_reread(worked_example: WorkedExample) -> None:
    shoot, model = make_provider_shoot(worked_example)
    model.status = "waiting"
    worked_example.send(build_event("model.status.updated", shoot.provider_id or "", "active"))
    worked_example.work()
    assert worked_example.provider.calls == ["get_model"]
    assert worked_example.shoot(shoot).provider_status == "waiting"


@pytest.mark.parametrize("age", [-301, 301, 3600])
def test_stale_webhook_is_stored_and_triggers_one_reread(worked_example: WorkedExample, age: int) -> None:
    """A retry signed with its first timestamp is not lost, and a replay can cost one read and no more."""
    shoot, model = make_provider_shoot(worked_example)
    model.status = "pending"
    body = build_event("model.status.updated", shoot.provider_id or "", "deleted", at=NOW + timedelta(seconds=9))
    worked_example.send(body, at=NOW - timedelta(seconds=age))
    assert worked_example.query("SELECT stale FROM deliveries") == [(True,)]
    worked_example.work()
    assert worked_example.provider.calls == ["get_model"]
    assert worked_example.shoot(shoot).provider_status == "pending"
    assert worked_example.send(body, at=NOW - timedelta(seconds=age)) is None


def test_stale_favorite_event_triggers_one_reread(worked_example: WorkedExample) -> None:
    shoot, model = make_provider_shoot(worked_example, "active")
    photo = make_photo(shoot, "p-real")
    model.favorite = "p-real"
    body = build_event("model.favorite_selected", shoot.provider_id or "", photo={"id": "p-forged"})
    worked_example.send(body, at=NOW - timedelta(hours=1))
    worked_example.work()
    assert worked_example.provider.calls == ["get_favorite"]
    assert [act.photo_id for act in list_choices(shoot)] == [photo.id]


@pytest.mark.parametrize("age", [-299, 0, 299])
def test_timestamp_within_tolerance_is_accepted(worked_example: WorkedExample, age: int) -> None:
    shoot, _ = make_provider_shoot(worked_example)
    body = build_event("model.status.updated", shoot.provider_id or "", "waiting", at=NOW + timedelta(seconds=1))
    worked_example.send(body, at=NOW - timedelta(seconds=age))
    worked_example.work()
    assert worked_example.provider.calls == []
    assert worked_example.shoot(shoot).provider_status == "waiting"


def test_unknown_models_events_and_statuses_crash_nothing(worked_example: WorkedExample) -> None:
    shoot, _ = make_provider_shoot(worked_example)
    worked_example.send(build_event("model.exploded", shoot.provider_id or "", "onboarding"))
    worked_example.send(build_event("model.created", "somebody-elses", "onboarding", organization="org_other"))
    worked_example.send({"event": "organization.renamed"})
    worked_example.send(
        build_event("model.status.updated", shoot.provider_id or "", "quantum", at=NOW + timedelta(seconds=1))
    )
    worked_example.work()
    assert list_delivery_states(worked_example) == ["applied", "ignored", "ignored", "applied"]
    assert worked_example.shoot(shoot).provider_status == "quantum"


def test_event_before_create_response_is_applied_later(worked_example: WorkedExample) -> None:
    person = make_person()
    make_consent(person)
    shoot = request_shoot(person, provider="profilebakery", development=False, now=NOW)

    def meanwhile() -> None:
        [model] = worked_example.provider.models.values()
        with worked_example.app.app_context():
            worked_example.send(build_event("model.created", model.id, "onboarding", at=NOW))
            worked_example.send(build_event("model.status.updated", model.id, "waiting", at=NOW + timedelta(seconds=2)))
            for arguments in worked_example.list_queued("deliveries.apply"):
                worked_example.run("deliveries.apply", arguments)
        assert list_delivery_states(worked_example) == ["ignored", "ignored"]
        worked_example.query("DELETE FROM procrastinate_jobs WHERE task_name = 'deliveries.apply'")

    worked_example.provider.after_create.append(meanwhile)
    worked_example.work()
    assert list_delivery_states(worked_example) == ["applied", "applied"]
    assert worked_example.shoot(shoot).provider_status == "waiting"


def test_event_during_session_creation_is_not_lost(worked_example: WorkedExample) -> None:
    """Applying a webhook and storing the session overlap; the second one must see the first."""
    person = make_person()
    make_consent(person)
    shoot_id = request_shoot(person, provider="profilebakery", development=False, now=NOW).id
    [creation] = worked_example.list_queued("shoots.create_session")
    kept = worked_example.send(
        build_event("model.status.updated", "created-1", "waiting", at=NOW + timedelta(seconds=2))
    )
    looked = threading.Event()
    real_seal = worked_example.portal.secretbox.seal

    def slow_seal(text: str) -> bytes:
        # The session's transaction has taken its decisions and is not committed yet.
        applying.start()
        looked.wait(0.5)
        return real_seal(text)

    def apply() -> None:
        with worked_example.app.app_context():
            delivery_service.apply_delivery(kept or 0, clock=worked_example.clock)
            looked.set()
            db.session.remove()

    applying = threading.Thread(target=apply)
    worked_example.portal.secretbox.seal = slow_seal  # type: ignore[method-assign]
    worked_example.run("shoots.create_session", creation)
    applying.join(60)
    worked_example.work()
    assert list_delivery_states(worked_example) == ["applied"]
    assert worked_example.shoot(shoot_id).provider_status == "waiting"


def test_failing_delivery_is_dead_lettered_and_others_continue(
    worked_example: WorkedExample, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, model = make_provider_shoot(worked_example)
    poison = worked_example.send(
        build_event("model.status.updated", model.id, "waiting", at=NOW + timedelta(seconds=1))
    )
    real = delivery_service.apply_delivery

    def apply(delivery_id: int, **options: Any) -> None:
        if delivery_id == poison:
            raise ZeroDivisionError("canary@example.com")
        real(delivery_id, **options)

    monkeypatch.setattr(delivery_service, "apply_delivery", apply)
    worked_example.send(build_event("model.status.updated", model.id, "pending", at=NOW + timedelta(seconds=2)))
    assert worked_example.work().count("deliveries.apply") == 6
    assert list_delivery_states(worked_example) == ["dead", "applied"]
    assert worked_example.query("SELECT error FROM deliveries WHERE id = %(id)s", id=poison) == [("ZeroDivisionError",)]


def test_replay_of_a_dead_delivery_applies_the_providers_current_state(worked_example: WorkedExample) -> None:
    shoot, model = make_provider_shoot(worked_example)
    kept = worked_example.send(build_event("model.status.updated", model.id, "waiting", at=NOW + timedelta(seconds=1)))
    delivery_service.mark_dead(kept or 0, error="ZeroDivisionError", now=NOW)
    model.status = "active"
    worked_example.query("DELETE FROM procrastinate_jobs")
    assert delivery_service.replay_delivery(kept or 0, actor_id=None, now=NOW)
    worked_example.work(limit=2)
    assert worked_example.shoot(shoot).provider_status == "active"
    assert worked_example.provider.calls == ["get_model"]
    assert worked_example.query("SELECT count(*) FROM audit_entries WHERE action = 'delivery.replayed'") == [(1,)]


def test_a_replay_makes_no_delivery_appear_late(worked_example: WorkedExample) -> None:
    """Webhooks applied in time are counted so, even if they are applied again later."""
    shoot, model = make_provider_shoot(worked_example)
    body = build_event("model.status.updated", shoot.provider_id or "", "waiting", at=NOW + timedelta(seconds=1))
    kept = worked_example.send(body)
    worked_example.work()
    before = worked_example.query("SELECT stale, applied_at FROM deliveries")
    model.status = "active"
    worked_example.clock.now += timedelta(hours=1)
    assert delivery_service.replay_delivery(kept or 0, actor_id=None, now=worked_example.clock.now)
    worked_example.work(limit=2)
    assert worked_example.provider.calls == ["get_model"]
    assert worked_example.shoot(shoot).provider_status == "active"
    assert worked_example.query("SELECT stale, applied_at FROM deliveries") == before


def test_delivery_with_lost_job_is_requeued(worked_example: WorkedExample) -> None:
    shoot, model = make_provider_shoot(worked_example)
    worked_example.send(build_event("model.status.updated", model.id, "waiting", at=NOW + timedelta(seconds=1)))
    worked_example.query("DELETE FROM procrastinate_jobs")
    for _ in range(2):
        delivery_service.requeue_stale(before=NOW)
    assert worked_example.list_queued() == []
    for _ in range(2):
        delivery_service.requeue_stale(before=NOW + timedelta(minutes=10))
    assert worked_example.work() == ["deliveries.apply"]
    assert worked_example.shoot(shoot).provider_status == "waiting"


def test_provider_outage_delays_and_loses_nothing(worked_example: WorkedExample) -> None:
    shoot, model = make_provider_shoot(worked_example)
    model.status = "waiting"
    down = Unavailable("GET", "/organization/models/:modelId")
    worked_example.provider.fails("get_model", *[down] * 12)
    worked_example.send(build_event("model.status.updated", model.id))
    worked_example.work()
    assert worked_example.provider.called("get_model") == 13
    assert worked_example.shoot(shoot).provider_status == "waiting"


def test_version_is_published_only_on_changes(worked_example: WorkedExample) -> None:
    shoot, model = make_provider_shoot(worked_example)
    before = people.get_version(shoot.person_id)
    worked_example.send(build_event("model.status.updated", model.id, "onboarding", at=NOW + timedelta(seconds=1)))
    worked_example.work()
    assert people.get_version(shoot.person_id) == before
    worked_example.send(build_event("model.status.updated", model.id, "waiting", at=NOW + timedelta(seconds=2)))
    worked_example.work()
    assert people.get_version(shoot.person_id) == before + 1


def test_an_unknown_status_is_shown_as_work_going_on(worked_example: WorkedExample) -> None:
    shoot, model = make_provider_shoot(worked_example)
    worked_example.send(build_event("model.status.updated", model.id, "retouching", at=NOW + timedelta(seconds=1)))
    worked_example.work()
    person = people.find_person(shoot.person_id)
    assert person is not None
    assert journey.get_journey(person).stage == "in_progress"


def test_events_can_be_of_models_with_long_names(worked_example: WorkedExample) -> None:
    name = "m" * 200
    worked_example.send(build_event("model.status.updated", name, "waiting", at=NOW + timedelta(seconds=1)))
    worked_example.work()
    assert [each.model_id for each in deliveries.list_unmatched(name)] == [name]
