"""What the server refuses or breaks, as the errors the portal acts on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from portal.http_client import connection
from portal.provider import BRANDS, PhotoDownloader, ProviderClient, errors, transport
from tests.integration.provider.conftest import Studio

ADA = "ada@example.com"


def test_a_wrong_key(studio: Studio) -> None:
    client = ProviderClient(BRANDS["headshotpro"], "another-key", studio.running.api_url)
    with pytest.raises(errors.Unauthorized):
        client.get_credits()


@pytest.mark.parametrize(
    ("switches", "settings", "error"),
    [
        ({"whitelabel": False}, {}, errors.Forbidden),
        ({}, {"credits": 0}, errors.OutOfCredits),
        ({"taken_emails": [ADA]}, {}, errors.AlreadyExists),
    ],
)
def test_creates_that_are_refused(
    open_studio: Callable[..., Studio],
    switches: dict[str, Any],
    settings: dict[str, Any],
    error: type[errors.ProviderError],
) -> None:
    studio = open_studio(**switches)
    studio.control("/settings", settings, method="PUT")
    with pytest.raises(error) as caught:
        studio.client.create_model(ADA)
    assert (caught.value.outcome_unknown, caught.value.retryable) == (False, False)
    assert studio.client.find_model_by_email(ADA) is None


def test_creates_of_odd_values(studio: Studio) -> None:
    with pytest.raises(errors.InvalidEmail):
        studio.client.create_model("no address")
    for options in ({"version": "no such"}, {"team_id": "no such"}):
        with pytest.raises(errors.ProviderError) as caught:
            studio.client.create_model(ADA, **options)
        assert isinstance(caught.value, errors.InvalidRequest | errors.NotFound)


def test_a_second_create_for_an_address(open_studio: Callable[..., Studio]) -> None:
    refusing = open_studio().client
    first = refusing.create_model(ADA)
    with pytest.raises(errors.AlreadyExists):
        refusing.create_model(ADA.upper())
    found = refusing.find_model_by_email(ADA)
    assert found is not None
    assert found.id == first.model_id

    reusing = open_studio(duplicate_email="reuse").client
    assert reusing.create_model(ADA).model_id == reusing.create_model(ADA).model_id

    renewing = open_studio(duplicate_email="new").client
    renewing.create_model(ADA)
    newest = renewing.create_model(ADA)
    found = renewing.find_model_by_email(ADA)
    assert found is not None
    assert found.id == newest.model_id


def test_rate_limit_error_has_its_reset_time(open_studio: Callable[..., Studio]) -> None:
    running = open_studio(rate_limit=3, rate_window_seconds=3600).running
    client = ProviderClient(BRANDS["headshotpro"], running.api_key, running.api_url)
    for _ in range(3):
        client.get_credits(priority="interactive")
    with pytest.raises(errors.RateLimited) as caught:
        client.get_credits(priority="interactive")
    now = datetime.now(UTC)
    assert caught.value.resets_at is not None
    assert now < caught.value.resets_at <= now + timedelta(seconds=90)


def test_the_invite_cap_is_not_the_rate_limit(studio: Studio) -> None:
    studio.control("/settings", {"credits": 1}, method="PUT")
    studio.client.create_invite("one@example.com")
    studio.client.create_invite("two@example.com")
    with pytest.raises(errors.InviteLimit) as caught:
        studio.client.create_invite("three@example.com")
    assert not caught.value.retryable


@pytest.mark.parametrize("spelling", ["generatingHeadshots", "generating", "generating-headshots"])
def test_one_status_in_three_spellings(open_studio: Callable[..., Studio], spelling: str) -> None:
    studio = open_studio(generating_spelling=spelling)
    model_id = studio.client.create_model(ADA).model_id
    studio.control(f"/models/{model_id}/complete")
    studio.control(f"/models/{model_id}/advance", {"to": "generatingHeadshots"})
    assert studio.client.get_model(model_id).status == "generatingHeadshots"
    assert [model.status for model in studio.client.list_models()] == ["generatingHeadshots"]


FAULTS: list[tuple[str, type[errors.ProviderError], bool]] = [
    ("refuse", errors.Unavailable, True),
    ("rate_limited", errors.RateLimited, False),
    ("invite_limited", errors.InviteLimit, False),
    ("no_credits", errors.OutOfCredits, False),
    ("server_error", errors.Unavailable, True),
    ("bad_gateway", errors.Unavailable, True),
    ("malformed", errors.UnexpectedResponse, True),
    ("success_false", errors.InvalidRequest, False),
    ("lost_answer", errors.Unavailable, True),
    ("redirect", errors.UnexpectedResponse, True),
    ("huge", errors.UnexpectedResponse, True),
    ("short_body", errors.Unavailable, True),
    ("hang", errors.Unavailable, True),
]


@pytest.mark.parametrize(("fault", "error", "lost"), FAULTS)
def test_each_kind_of_failure(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, fault: str, error: type[errors.ProviderError], lost: bool
) -> None:
    if fault == "hang":
        monkeypatch.setattr(transport, "READ_S", 0.5)
        monkeypatch.setattr(connection, "READ_S", 0.5)
    studio.break_calls(fault, seconds=2, count=None)
    with pytest.raises(error) as caught:
        studio.client.create_model(ADA)
    assert caught.value.outcome_unknown is lost
    with pytest.raises(error) as caught:
        studio.client.get_credits()
    assert caught.value.outcome_unknown is False

    studio.control("/faults", method="DELETE")
    studio.time.sleep(31)
    assert studio.client.get_credits() == 100
    model = studio.client.find_model_by_email(ADA)
    assert (model is not None) is (fault == "lost_answer")


@pytest.mark.parametrize(
    "fault", ["refuse", "server_error", "bad_gateway", "lost_answer", "rate_limited", "short_body"]
)
def test_single_failed_read_is_retried(studio: Studio, fault: str) -> None:
    studio.break_calls(fault, count=2)
    assert studio.client.get_credits() == 100


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("refuse", errors.PhotoUnavailable),
        ("redirect", errors.PhotoUnavailable),
        ("huge", errors.PhotoRefused),
        ("bad_gateway", errors.PhotoUnavailable),
        ("malformed", errors.PhotoUnavailable),
    ],
)
def test_broken_photo_downloads_are_unavailable(studio: Studio, fault: str, error: type[errors.PhotoError]) -> None:
    model_id = studio.client.create_model(ADA).model_id
    studio.finish(model_id)
    address = next(studio.client.list_photos(model_id)).urls.main
    assert address
    studio.break_calls(fault, path="/photos/*")
    with pytest.raises(error):
        PhotoDownloader([studio.running.base_url]).download(address)
