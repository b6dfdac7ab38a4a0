"""The hosted studio on the real store: a person's whole way, as plain requests and as the API sees it."""

from __future__ import annotations

import io
from typing import Any

import pytest
import requests
from PIL import Image


def build_jpeg(shade: int) -> bytes:
    out = io.BytesIO()
    image = Image.linear_gradient("L").resize((700, 900)).convert("RGB")
    image.paste((200, 150, 20 * shade), (150, 150, 500, 600))
    image.save(out, "JPEG")
    return out.getvalue()


class Visitor:
    """A browser without scripts, in the studio of one session."""

    def __init__(self, url: str) -> None:
        self.session = requests.Session()
        self.entered = self.session.get(url, timeout=60)
        self.base = self.entered.url.rsplit("/", 1)[0]

    def post(self, step: str, **fields: Any) -> requests.Response:
        files = fields.pop("files", None)
        return self.session.post(f"{self.base}/{step}", data=fields, files=files, timeout=60)

    def upload(self, count: int) -> requests.Response:
        return self.post("photos", files=[("photos", (f"{n}.jpg", build_jpeg(n), "image/jpeg")) for n in range(count)])


@pytest.fixture
def visitor(api_client: Any) -> Any:
    api_client.switch(pictures="studio", gallery_size=3)
    model_id = api_client.create()
    visitor = Visitor(api_client.control("GET", f"/models/{model_id}")["signedUrl"])
    yield visitor
    visitor.session.close()


def get_model(api_client: Any) -> dict[str, Any]:
    model: dict[str, Any] = api_client.api("GET", "/organization/models").json()["models"][0]
    return model


def test_person_completes_the_whole_journey(api_client: Any, visitor: Visitor, receiver: Any) -> None:
    assert visitor.post("about", name="Ada King", trigger="female").ok
    assert api_client.api("GET", "/organization/team").json()["members"][0]["status"] == "pending"
    assert visitor.upload(4).ok
    assert visitor.post("check").ok
    model = get_model(api_client)
    assert (model["status"], model["title"]) == ("waiting", "Ada King")
    assert api_client.api("GET", "/organization/credits").json()["credits"] == 99
    assert visitor.post("check").ok
    assert api_client.api("GET", "/organization/credits").json()["credits"] == 99
    api_client.control("POST", f"/models/{model['id']}/advance")
    photos = api_client.api("GET", f"/organization/models/{model['id']}/photos?include=all").json()["photos"]
    assert len(photos) == 3
    page = visitor.session.get(f"{visitor.base}/results", timeout=60)
    assert photos[0]["id"] in page.text
    chosen = photos[1]["id"]
    assert visitor.post("results", photo=chosen, act="favorite").ok
    assert receiver.wait(7)[-1].payload["object"]["photo"]["id"] == chosen
    favorite = api_client.api("GET", f"/organization/models/{model['id']}/photos/favorite").json()["photo"]
    assert favorite["id"] == chosen
    assert visitor.post("results", photo=chosen, act="clear").ok
    assert api_client.api("GET", f"/organization/models/{model['id']}/photos/favorite").json()["photo"] is None


def test_the_last_credit_can_be_gone_inside_the_studio(api_client: Any, visitor: Visitor) -> None:
    visitor.post("about", name="Ada King", trigger="female")
    visitor.upload(4)
    api_client.switch(credits=0.75)
    visitor.post("check")
    assert get_model(api_client)["status"] == "onboarding"
    api_client.switch(credits=1)
    visitor.post("check")
    assert get_model(api_client)["status"] == "waiting"
    assert api_client.api("GET", "/organization/credits").json()["credits"] == 0


def test_a_session_sent_back_begins_again_with_the_same_link(api_client: Any, visitor: Visitor) -> None:
    visitor.post("about", name="Ada King", trigger="female")
    visitor.upload(4)
    visitor.post("check")
    model_id = get_model(api_client)["id"]
    api_client.control("POST", f"/models/{model_id}/advance")
    api_client.control("POST", f"/models/{model_id}/retry")
    assert api_client.control("GET", f"/models/{model_id}")["uploads"] == 0
    visitor.upload(4)
    visitor.post("check")
    assert get_model(api_client)["status"] == "waiting"


def test_deleted_session_shows_no_pictures(api_client: Any, visitor: Visitor) -> None:
    visitor.post("about", name="Ada King", trigger="female")
    visitor.upload(4)
    api_client.api("DELETE", f"/organization/models/{get_model(api_client)['id']}")
    response = visitor.session.get(f"{visitor.base}/photos", timeout=60)
    assert response.status_code in (401, 403, 404, 410)
    assert "Ada King" not in response.text
