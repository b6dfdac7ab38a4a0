"""Every operation against a server that keeps state, under both brands and in both envelopes."""

from __future__ import annotations

import io
from collections.abc import Callable
from decimal import Decimal

import pytest
from PIL import Image

from portal.provider import PhotoDownloader, errors
from tests.integration.provider.conftest import Studio

ADA, BOB = "ada@example.com", "bob@example.com"


@pytest.fixture(params=["headshotpro", "profilebakery"])
def brand(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["top", "data"])
def studio(request: pytest.FixtureRequest, brand: str, open_studio: Callable[..., Studio]) -> Studio:
    return open_studio(brand, envelope=request.param)


def test_a_session_from_creation_to_deletion(studio: Studio) -> None:
    client = studio.client
    session = client.create_model(ADA, version="lora")
    assert session.status == "onboarding"
    assert session.signed_url.startswith(studio.running.base_url)

    model = client.get_model(session.model_id)
    assert (model.id, model.email, model.status, model.is_development) == (session.model_id, ADA, "onboarding", False)
    assert model.created_at is not None
    assert model.finished_at is None
    assert list(client.list_photos(model.id)) == []
    assert client.get_favorite(model.id) is None

    studio.finish(model.id)
    finished = client.get_model(model.id)
    assert (finished.status, finished.finished_at is not None) == ("active", True)
    photos = list(client.list_photos(model.id))
    assert len(photos) == 3
    for photo in photos:
        assert photo.expires_at is not None
        assert photo.urls.main
        assert photo.urls.thumbnail
        assert photo.urls.original
    assert client.get_photo(model.id, photos[0].id, "main").urls.original is None

    client.delete_model(model.id)
    client.delete_model(model.id)
    with pytest.raises(errors.NotFound):
        client.get_model(model.id)
    assert client.find_model_by_email(ADA) is None


def test_favorites_and_bulk_downloads(studio: Studio) -> None:
    client = studio.client
    model_id = client.create_model(ADA).model_id
    studio.finish(model_id)
    _, chosen, last = client.list_photos(model_id)
    studio.control(f"/models/{model_id}/favorite", {"photo_id": chosen.id})
    favorite = client.get_favorite(model_id)
    assert favorite is not None
    assert (favorite.id, favorite.model_id) == (chosen.id, model_id)
    assert [(photo.id, photo.model_id, photo.email) for photo in client.list_favorites()] == [
        (chosen.id, model_id, ADA)
    ]
    studio.control(f"/models/{model_id}/clear_favorite")
    assert client.get_favorite(model_id) is None

    some = client.get_downloads(model_id, [last.id], "main")
    assert [link.id for link in some.links] == [last.id]
    assert some.links[0].urls.main
    assert some.expires_at is not None
    assert len(client.get_downloads(model_id).links) == 3


def test_lists_filters_and_the_search_by_address(studio: Studio) -> None:
    client = studio.client
    first = client.create_model(ADA, is_development=True)
    second = client.create_model(BOB)
    studio.control(f"/models/{second.model_id}/complete")
    assert {model.id for model in client.list_models()} == {first.model_id, second.model_id}
    assert [model.id for model in client.list_models("onboarding")] == [first.model_id]
    found = client.find_model_by_email(f" {BOB.upper()} ")
    assert found is not None
    assert found.id == second.model_id
    assert client.get_model(first.model_id).is_development
    with pytest.raises(errors.InvalidRequest):
        list(client.list_models("no such status"))


def test_organization_and_credits(studio: Studio) -> None:
    team = studio.client.create_team("Sales")
    organization = studio.client.get_organization()
    assert organization.uid
    assert organization.teams == (team,)
    assert studio.client.get_organization(api_version="v1") == organization
    assert studio.client.get_credits() == Decimal(100)
    studio.control("/settings", {"credits": 7.25}, method="PUT")
    assert studio.client.get_credits() == Decimal("7.25")
    assert studio.client.get_credits(api_version="v1") == Decimal("7.25")


def test_teams_and_members(studio: Studio) -> None:
    client = studio.client
    sales, lab = client.create_team("Sales"), client.create_team("Lab")
    assert client.rename_team(lab.id, "Laboratory").name == "Laboratory"
    assert {team.name for team in client.list_teams()} == {"Sales", "Laboratory"}
    for name in ("", "Sales"):
        with pytest.raises(errors.InvalidRequest):
            client.create_team(name)

    model_id = client.create_model(ADA, team_id=sales.id).model_id
    (member,) = client.list_members()
    assert (member.email, member.team_id, member.model_id, member.status) == (ADA, sales.id, model_id, "accepted")
    assert [person.email for person in client.list_accepted_members()] == [ADA]
    client.add_team_members(lab.id, [ADA, "stranger@example.com"])
    assert [person.team_name for person in client.list_members()] == ["Laboratory"]
    assert [model.id for model in client.list_models(team_id=lab.id)] == [model_id]

    studio.control(f"/models/{model_id}/complete")
    assert [person.email for person in client.list_pending_members()] == [ADA]
    studio.control(f"/models/{model_id}/advance", {"to": "active"})
    assert [person.email for person in client.list_finished_members()] == [ADA]
    assert [person.status for person in client.list_members("finished")] == ["finished"]

    client.delete_team(lab.id)
    client.delete_team(lab.id)
    assert client.list_teams() == (sales,)
    assert [person.team_id for person in client.list_members()] == [None]
    with pytest.raises(errors.NotFound):
        client.add_team_members(lab.id, [ADA])


def test_invites(studio: Studio) -> None:
    client = studio.client
    team = client.create_team("Sales")
    sent = client.create_invite(ADA, team_id=team.id)
    assert sent.id in sent.link
    assert sent.team_id == team.id
    invite = client.get_invite(ADA)
    assert (invite.email, invite.status, invite.team_name, invite.model_id) == (ADA, "pending", "Sales", None)
    assert client.list_invites() == (invite,)
    with pytest.raises(errors.AlreadyExists):
        client.create_invite(ADA)
    with pytest.raises(errors.InvalidEmail):
        client.create_invite("no address")

    client.create_invite(BOB)
    client.revoke_invite(BOB)
    client.revoke_invite("stranger@example.com")
    assert {invite.email: invite.status for invite in client.list_invites()} == {ADA: "pending", BOB: "revoked"}
    studio.control(f"/invites/{ADA}/accept")
    accepted = client.get_invite(ADA)
    assert (accepted.status, accepted.model_id is not None) == ("accepted", True)
    with pytest.raises(errors.InvalidRequest):
        client.revoke_invite(ADA)
    with pytest.raises(errors.NotFound):
        client.get_invite("stranger@example.com")


def test_invites_of_the_old_api(studio: Studio) -> None:
    client = studio.client
    sent = client.create_invite(ADA, api_version="v1")
    assert client.get_invite_by_id(sent.id).status == "pending"
    assert [(invite.email, invite.status) for invite in client.list_invites(api_version="v1")] == [(ADA, "pending")]
    client.revoke_invite(ADA, api_version="v1")
    assert client.get_invite_by_id(sent.id).status == "revoked"


def test_photos_can_be_downloaded_until_their_addresses_die(studio: Studio) -> None:
    client = studio.client
    model_id = client.create_model(ADA).model_id
    studio.finish(model_id)
    photo = next(client.list_photos(model_id))
    assert photo.urls.original
    downloader = PhotoDownloader([studio.running.base_url])
    downloaded = downloader.download(photo.urls.original)
    with Image.open(io.BytesIO(downloaded.content)) as picture:
        assert f"image/{picture.format}".lower() == downloaded.content_type

    studio.control(f"/models/{model_id}/expire_photos")
    with pytest.raises(errors.PhotoExpired):
        downloader.download(photo.urls.original)
    fresh = next(client.list_photos(model_id)).urls.original
    assert fresh
    assert downloader.download(fresh).content == downloaded.content


def test_many_models_are_listed_over_several_pages(studio: Studio) -> None:
    made = {studio.client.create_model(f"person{number}@example.com").model_id for number in range(205)}
    assert [len(made), {model.id for model in studio.client.list_models()}] == [205, made]
