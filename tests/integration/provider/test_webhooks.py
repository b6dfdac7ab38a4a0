"""Webhooks as a sandbox really sends them, read by the verifier and the parser of the other side."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from portal.provider import BRANDS, events, signature
from portal.provider.signature import SignatureInvalid, VerifiedSignature
from sandbox.testing import WEBHOOK_SECRET
from tests.integration.provider.conftest import Studio
from tests.unit.provider.scripted_server import ReceivedRequest, Reply, ScriptedServer, run_scripted_server
from tests.waiting import wait_until

ADA = "ada@example.com"


@pytest.fixture
def receiver() -> Iterator[ScriptedServer]:
    with run_scripted_server() as script:
        script.set_replies(Reply(200))
        yield script


@pytest.fixture
def sending(open_studio: Callable[..., Studio], receiver: ScriptedServer) -> Callable[..., Studio]:
    """A function that starts a sandbox which sends to the receiver."""

    def start(brand: str = "headshotpro", **switches: Any) -> Studio:
        studio = open_studio(brand, **switches)
        studio.control("/settings", {"webhook_url": f"{receiver.origin}/hook"}, method="PUT")
        return studio

    return start


def wait_for_requests(receiver: ScriptedServer, count: int) -> list[ReceivedRequest]:
    wait_until(lambda: len(receiver.requests) >= count)
    return receiver.requests[:count]


def verify_request(requested: ReceivedRequest, brand: str = "headshotpro", **options: Any) -> VerifiedSignature:
    return signature.verify_signature(
        requested.body,
        requested.headers,
        [WEBHOOK_SECRET],
        options.get("scheme", "timestamped"),
        BRANDS[brand].header_prefix,
        datetime.now(UTC),
    )


@pytest.mark.parametrize("key", ["text", "hex"])
@pytest.mark.parametrize("brand", sorted(BRANDS))
def test_a_whole_session_in_events(
    sending: Callable[..., Studio], receiver: ScriptedServer, brand: str, key: str
) -> None:
    studio = sending(brand, webhook_key=key)
    model_id = studio.client.create_model(ADA).model_id
    studio.finish(model_id)
    photo = next(studio.client.list_photos(model_id))
    studio.control(f"/models/{model_id}/favorite", {"photo_id": photo.id})
    studio.client.delete_model(model_id)

    notified = []
    for requested in wait_for_requests(receiver, 8):
        assert verify_request(requested, brand).stale is False
        notified.append(events.parse_event(requested.body))
        assert events.compute_dedupe_key(requested.body) == notified[-1].id
    assert {event.model_id for event in notified} == {model_id}
    assert {event.organization for event in notified} == {studio.client.get_organization().uid}
    assert all(event.created_at is not None for event in notified)
    assert sorted(event.event for event in notified) == sorted(
        [
            "model.created",
            *["model.status.updated"] * 4,
            "model.photos_ready",
            "model.favorite_selected",
            "model.deleted",
        ]
    )
    assert {event.status for event in notified if event.event == events.STATUS_UPDATED} == {
        "waiting", "pending", "generatingHeadshots", "active"
    }  # fmt: skip
    assert [event.photo_id for event in notified if event.event == events.FAVORITE_SELECTED] == [photo.id]


def test_the_body_scheme_only_where_it_is_set(sending: Callable[..., Studio], receiver: ScriptedServer) -> None:
    sending(webhook_signature="body").client.create_model(ADA)
    (requested,) = wait_for_requests(receiver, 1)
    assert verify_request(requested, scheme="body").timestamp is None
    with pytest.raises(SignatureInvalid):
        verify_request(requested)


@pytest.mark.parametrize(
    ("fault", "reasons"),
    [("wrong_signature", {"wrong signature"}), ("body_only", {"no timestamp", "wrong signature"})],
)
def test_injected_signature_faults_are_refused(
    sending: Callable[..., Studio], receiver: ScriptedServer, fault: str, reasons: set[str]
) -> None:
    studio = sending()
    studio.control("/faults", {"on": "webhook", "fault": fault})
    studio.client.create_model(ADA)
    (requested,) = wait_for_requests(receiver, 1)
    with pytest.raises(SignatureInvalid) as caught:
        verify_request(requested)
    assert caught.value.reason in reasons


def test_an_old_timestamp_is_authentic_but_stale(sending: Callable[..., Studio], receiver: ScriptedServer) -> None:
    studio = sending()
    studio.control("/faults", {"on": "webhook", "fault": "old_timestamp"})
    studio.client.create_model(ADA)
    (requested,) = wait_for_requests(receiver, 1)
    assert verify_request(requested).stale is True


def test_without_an_id_the_digest_is_the_key(sending: Callable[..., Studio], receiver: ScriptedServer) -> None:
    sending(webhook_ids=False).client.create_model(ADA)
    (requested,) = wait_for_requests(receiver, 1)
    event = events.parse_event(requested.body)
    assert event.id is None
    assert events.compute_dedupe_key(requested.body).startswith("sha256:")


def test_the_other_brands_webhook_is_refused(sending: Callable[..., Studio], receiver: ScriptedServer) -> None:
    sending("profilebakery").client.create_model(ADA)
    (requested,) = wait_for_requests(receiver, 1)
    with pytest.raises(SignatureInvalid):
        verify_request(requested, "headshotpro")
