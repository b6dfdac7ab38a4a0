"""Photos over real HTTP: the gallery, its dying addresses, the favorite, downloads."""

from __future__ import annotations

import base64
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from PIL import Image


def list_photos(api_client: Any, model_id: str, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api_client.api("GET", f"/organization/models/{model_id}/photos{query}").json()[
        "photos"
    ]
    return found


def test_before_active_the_list_is_empty(api_client: Any) -> None:
    notified = api_client.api("GET", f"/organization/models/{api_client.create()}/photos").json()
    assert notified["photos"] == []
    assert notified["pagination"] == {"total": 0, "limit": 50, "offset": 0, "hasMore": False}


def test_main_and_all_addresses_serve_jpegs(api_client: Any) -> None:
    model_id = api_client.finish()
    photo = list_photos(api_client, model_id)[0]
    assert set(photo) == {"id", "status", "likedStatus", "createdAt", "urls", "expiresAt"}
    assert set(photo["urls"]) == {"main"}
    whole = list_photos(api_client, model_id, "?include=all")[0]
    assert set(whole["urls"]) == {"main", "thumbnail", "original"}
    widths = {}
    for size, url in whole["urls"].items():
        response = requests.get(url, timeout=60)
        assert response.headers["Content-Type"] == "image/jpeg"
        with Image.open(io.BytesIO(response.content)) as image:
            widths[size] = image.width
    assert widths["thumbnail"] < widths["main"] < widths["original"]
    left = datetime.fromisoformat(photo["expiresAt"]) - datetime.now(UTC)
    assert timedelta(hours=23, minutes=59) < left <= timedelta(hours=24)


def test_photo_addresses_expire_after_a_day_or_when_altered(api_client: Any) -> None:
    model_id = api_client.finish()
    url = list_photos(api_client, model_id)[0]["urls"]["main"]
    assert requests.get(url.replace("expires=1", "expires=2"), timeout=60).status_code == 403
    assert requests.get(url.replace("main.jpg", "original.jpg"), timeout=60).status_code == 403
    assert requests.get(url + "é", timeout=60).status_code == 403
    api_client.control("POST", "/clock", {"advance_seconds": 24 * 3600 + 1})
    assert requests.get(url, timeout=60).status_code == 403
    fresh = list_photos(api_client, model_id)[0]["urls"]["main"]
    assert requests.get(fresh, timeout=60).status_code == 200
    api_client.control("POST", f"/models/{model_id}/expire_photos")
    assert requests.get(fresh, timeout=60).status_code == 403
    assert requests.get(list_photos(api_client, model_id)[0]["urls"]["main"], timeout=60).status_code == 200


def test_the_gallery_is_made_from_what_was_uploaded(api_client: Any) -> None:
    api_client.switch(pictures="studio", gallery_size=2)
    picture = io.BytesIO()
    Image.radial_gradient("L").convert("RGB").resize((900, 1200)).save(picture, "JPEG")
    model_id = api_client.create()
    uploads = [base64.b64encode(picture.getvalue()).decode()]
    api_client.control(
        "POST", f"/models/{model_id}/complete", {"uploads": uploads, "title": "Ann", "trigger": "female"}
    )
    api_client.control("POST", f"/models/{model_id}/advance", {"to": "active"})
    found = list_photos(api_client, model_id, "?include=all")
    assert len(found) == 2
    with Image.open(io.BytesIO(requests.get(found[0]["urls"]["original"], timeout=60).content)) as image:
        assert image.format == "JPEG"
    assert api_client.api("GET", f"/organization/models/{model_id}").json()["model"]["title"] == "Ann"


def test_favorite_is_null_until_chosen_and_independent_of_likes(api_client: Any) -> None:
    model_id = api_client.finish()
    none = api_client.api("GET", f"/organization/models/{model_id}/photos/favorite")
    assert none.status_code == 200
    assert none.json()["photo"] is None
    assert none.json()["message"]
    second = list_photos(api_client, model_id)[1]["id"]
    api_client.control("POST", f"/models/{model_id}/favorite", {"photo_id": second})
    photo = api_client.api("GET", f"/organization/models/{model_id}/photos/favorite").json()["photo"]
    assert (photo["id"], photo["modelId"], photo["likedStatus"]) == (second, model_id, "none")
    assert set(photo["urls"]) == {"main"}
    everyone = api_client.api("GET", "/organization/photos/favorites").json()
    assert [(item["id"], item["email"]) for item in everyone["photos"]] == [(second, "ann@example.com")]
    assert everyone["pagination"]["total"] == 1
    api_client.control("POST", f"/models/{model_id}/clear_favorite")
    assert api_client.api("GET", f"/organization/models/{model_id}/photos/favorite").json()["photo"] is None


def test_single_photo_and_deleted_photos(api_client: Any) -> None:
    model_id = api_client.finish()
    first = list_photos(api_client, model_id)[0]["id"]
    api_client.control("POST", f"/models/{model_id}/rate", {"photo_id": first, "liked_status": "loved"})
    assert [photo["id"] for photo in list_photos(api_client, model_id, "?likedStatus=loved")] == [first]
    assert len(list_photos(api_client, model_id, "?likedStatus=none")) == 5
    path = f"/organization/models/{model_id}/photos/{first}"
    assert set(api_client.api("GET", f"{path}?include=all").json()["photo"]["urls"]) == {
        "main",
        "thumbnail",
        "original",
    }
    api_client.control("POST", f"/models/{model_id}/delete_photo", {"photo_id": first})
    assert first not in [photo["id"] for photo in list_photos(api_client, model_id)]
    assert [photo["id"] for photo in list_photos(api_client, model_id, "?status=deleted")] == [first]
    assert api_client.api("GET", f"/organization/models/{model_id}/photos/nothing").status_code == 404


@pytest.mark.parametrize("query", ["include=some", "status=gone", "likedStatus=adored"])
def test_bad_filters_are_refused(api_client: Any, query: str) -> None:
    response = api_client.api("GET", f"/organization/models/{api_client.create()}/photos?{query}")
    assert (response.status_code, response.json()["code"]) == (400, "INVALID_REQUEST")


def test_downloads_are_addresses_with_one_end(api_client: Any) -> None:
    model_id = api_client.finish()
    path = f"/organization/models/{model_id}/photos/download"
    everything = api_client.api("POST", path).json()
    assert len(everything["downloads"]) == 6
    chosen = everything["downloads"][2]["photoId"]
    notified = api_client.api("POST", path, json={"photoIds": [chosen], "include": "all"}).json()
    assert [item["photoId"] for item in notified["downloads"]] == [chosen]
    assert requests.get(notified["downloads"][0]["urls"]["original"], timeout=60).ok
    assert datetime.fromisoformat(notified["expiresAt"]) > datetime.now(UTC)
    assert api_client.api("POST", path, json={"photoIds": "all"}).status_code == 400
    assert api_client.api("POST", path, json={"photoIds": ["nothing"]}).status_code == 404
