"""Wire types: the documented samples, their variants, and undocumented fields."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from portal.provider import events, wire_types
from portal.provider.fields import UnexpectedShape, parse_decimal, parse_id, parse_text, parse_time, parse_url

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_documented_model() -> None:
    model = wire_types.Model.parse(
        {
            "id": "65f0",
            "uid": "anon_1",
            "email": "ada@example.com",
            "title": "Ada",
            "status": "active",
            "teamId": "team_1",
            "teamName": "Sales",
            "isDevelopment": True,
            "createdAt": "2026-03-01T12:00:00.000Z",
            "finishedAt": "2026-03-01T13:00:00+01:00",
            "something": {"new": [1]},
        }
    )
    assert model == wire_types.Model(
        id="65f0",
        uid="anon_1",
        email="ada@example.com",
        title="Ada",
        status="active",
        team_id="team_1",
        team_name="Sales",
        is_development=True,
        created_at=NOON,
        finished_at=NOON,
    )
    assert repr(model) == "<Model 65f0>"


HOSTILE_IDS = ("../../organization", "a/b?c=d", "a\\b", "..", ".", "a#b", "a%2Fb", "a;b=c", "/", "favorite/../x")


@pytest.mark.parametrize("hostile", HOSTILE_IDS)
def test_ids_that_could_address_another_resource_are_refused(hostile: str) -> None:
    with pytest.raises(UnexpectedShape):
        wire_types.Model.parse({"id": hostile, "status": "active"})
    with pytest.raises(UnexpectedShape):
        wire_types.CreatedSession.parse({"modelId": hostile, "signedUrl": "https://a", "status": "onboarding"})
    with pytest.raises(UnexpectedShape):
        wire_types.Photo.parse({"id": hostile})
    assert wire_types.Member.parse({"id": "u", "modelId": hostile, "teamId": hostile}).model_id is None
    event = events.parse_event(
        json.dumps({"event": "model.created", "object": {"_id": hostile, "photo": {"id": hostile}}}).encode()
    )
    assert (event.model_id, event.photo_id) == (None, None)


@pytest.mark.parametrize("name", ["id", "_id", "modelId"])
def test_one_identifier_under_three_names(name: str) -> None:
    assert wire_types.Model.parse({name: "m1", "status": "active"}).id == "m1"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("generating", "generatingHeadshots"),
        ("generating-headshots", "generatingHeadshots"),
        ("generatingHeadshots", "generatingHeadshots"),
        ("brand-new", "brand-new"),
    ],
)
def test_status_spellings(sent: str, kept: str) -> None:
    assert wire_types.Model.parse({"id": "m", "status": sent}).status == kept
    assert wire_types.CreatedSession.parse({"modelId": "m", "signedUrl": "https://s", "status": sent}).status == kept
    assert wire_types.Member.parse({"id": "u", "modelStatus": sent}).model_status == kept


@pytest.mark.parametrize(
    "odd",
    [
        {"email": 5, "title": [], "teamId": {}, "isDevelopment": "maybe", "createdAt": "soon", "finishedAt": 7},
        {"email": None, "title": None, "teamId": None, "isDevelopment": None, "createdAt": None},
        {"email": "", "title": "\x00", "teamId": "a b", "createdAt": "9999-12-31T23:59:59-14:00"},
    ],
)
def test_unusable_optional_values_are_dropped(odd: dict[str, Any]) -> None:
    assert wire_types.Model.parse({"id": "m", "status": "active"} | odd) == wire_types.Model(id="m", status="active")


@pytest.mark.parametrize(
    "raw",
    [None, [], "m", 5, {}, {"id": "m"}, {"id": "", "status": "x"}, {"id": None, "status": "x"},
     {"id": "a b", "status": "x"}, {"id": "x" * 201, "status": "x"}, {"id": ["m"], "status": "x"},
     {"id": "m", "status": 5}, {"id": "m\x00", "status": "x"}, {"id": True, "status": "x"}],
)  # fmt: skip
def test_a_model_without_id_or_status_is_none(raw: object) -> None:
    with pytest.raises(UnexpectedShape):
        wire_types.Model.parse(raw)


def test_a_deleted_model_by_status_or_date() -> None:
    assert wire_types.Model.parse({"id": "m", "status": "deleted"}).is_deleted
    assert wire_types.Model.parse({"id": "m", "status": "active", "deletedAt": "2026-03-01T12:00:00Z"}).is_deleted
    assert not wire_types.Model.parse({"id": "m", "status": "active", "deletedAt": None}).is_deleted


def test_photo_and_its_addresses() -> None:
    photo = wire_types.Photo.parse(
        {
            "id": "p",
            "likedStatus": "loved",
            "urls": {"main": "https://cdn/p?signature=s", "thumbnail": None, "huge": "x"},
            "expiresAt": "2026-03-01T12:00:00.000Z",
            "name": "Ada",
        }
    )
    assert photo.urls == wire_types.PhotoUrls(main="https://cdn/p?signature=s")
    assert (photo.status, photo.liked_status, photo.expires_at, photo.title) == ("active", "loved", NOON, "Ada")
    assert "signature" not in repr(photo) + repr(photo.urls)
    assert wire_types.Photo.parse({"_id": "p", "urls": "none"}).urls == wire_types.PhotoUrls()


def test_both_shapes_of_a_download() -> None:
    nested = wire_types.DownloadLink.parse({"photoId": "p", "urls": {"main": "https://a"}})
    plain = wire_types.DownloadLink.parse({"id": "p", "url": "https://a"})
    assert nested.urls == plain.urls == wire_types.PhotoUrls(main="https://a")


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        ({"status": "uploading"}, "uploading"),
        ({"status": "pending-invite"}, "pending"),
        ({"status": "waiting-for-upload"}, "accepted"),
        ({"status": "generating-headshots"}, "generating"),
        ({"status": "active"}, "completed"),
        ({"status": "revoked"}, "revoked"),
        ({"status": "never-seen"}, "never-seen"),
        ({"used": True, "valid": True}, "accepted"),
        ({"used": False, "valid": True}, "pending"),
        ({"used": False, "valid": False}, None),
    ],
)
def test_invites_of_both_api_versions(raw: dict[str, Any], status: str | None) -> None:
    assert wire_types.Invite.parse({"email": "ada@example.com"} | raw).status == status


def test_organization_keeps_usable_teams() -> None:
    organization = wire_types.Organization.parse(
        {"uid": "o", "teams": [{"id": "t", "name": "T"}, {"id": "u"}, 5, None]}
    )
    assert organization.teams == (wire_types.Team(id="t", name="T"),)
    assert wire_types.Organization.parse({"id": "o", "teams": None}).teams == ()


def test_nothing_of_a_person_shows_when_printed() -> None:
    secret = {
        "email": "canary",
        "link": "https://canary",
        "signedUrl": "https://canary",
        "name": "canary",
        "title": "canary",
    }
    for kind in (
        wire_types.Model,
        wire_types.Member,
        wire_types.Invite,
        wire_types.CreatedInvite,
        wire_types.CreatedSession,
    ):
        item = kind.parse({"id": "i", "status": "active", "modelId": "m"} | secret)
        assert "canary" not in repr(item) + str(item) + f"{item}"


def test_newest() -> None:
    old = wire_types.Model(id="old", status="active", created_at=NOON)
    new = wire_types.Model(id="new", status="active", created_at=NOON.replace(hour=13))
    undated = wire_types.Model(id="undated", status="active")
    assert wire_types.find_newest([old, undated, new]) is new
    assert wire_types.find_newest([]) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (7, Decimal(7)), (0.25, Decimal("0.25")), ("10.75", Decimal("10.75")), (-1, Decimal(-1)),
        (None, None), (True, None), ("many", None), ("NaN", None), ("Infinity", None), (10**12, None), ([], None),
    ],
)  # fmt: skip
def test_credits_are_decimal(value: object, expected: Decimal | None) -> None:
    assert parse_decimal(value) == expected


def test_a_number_too_long_to_write_is_no_balance() -> None:
    assert parse_decimal(10**5000) is None


def test_single_values() -> None:
    assert parse_time("2026-03-01T12:00:00") == NOON
    assert parse_time("2026-03-01T13:00:00+01:00") == NOON
    assert [parse_time(odd) for odd in ("", "yesterday", 5, None, "0001-01-01T00:00:00+14:00")] == [None] * 5
    assert (parse_id(12), parse_id(-1), parse_id(True), parse_id("ok_1-")) == ("12", None, None, "ok_1-")
    assert (parse_text("a\x00b"), parse_text(""), parse_text("x" * 5000), parse_text(b"x")) == ("ab",) + (None,) * 3


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "data:text/html,x", "//evil.example", "/path", "", "https://", "https:///path", "x" * 9000,
     "https://a b", "https://a/\n", "https://a/\x00", " https://a", "https://[::1", "ftp://a", None, 5],
)  # fmt: skip
def test_what_is_no_web_address(address: object) -> None:
    assert parse_url(address) is None
    with pytest.raises(UnexpectedShape):
        wire_types.CreatedSession.parse({"modelId": "m", "signedUrl": address})
    assert wire_types.Photo.parse({"id": "p", "urls": {"main": address}}).urls.main is None


def test_web_addresses_are_kept_as_they_are() -> None:
    for address in ("https://studio.example/auth/social?token=a%2Fb&anonymous=1", "http://127.0.0.1:5001/x#y"):
        assert parse_url(address) == address
