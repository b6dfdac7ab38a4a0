"""Progress and the gallery without a script: texts, ratings, picks and their withdrawal."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from tests.unit.sandbox_studio.fake_store import TOKEN, FakeStore

AT = f"/studio/{TOKEN}"
JSON = {"Accept": "application/json"}


@pytest.fixture
def album(store: FakeStore) -> FakeStore:
    store.change(title="Ada", trigger="female")
    store.fill_album(4)
    return store


@pytest.mark.parametrize(
    ("status", "heading"),
    [
        ("waiting", "Your photos have arrived"),
        ("pending", "Learning your features"),
        ("generatingHeadshots", "Taking your portraits"),
        ("generating", "Taking your portraits"),
        ("failed", "This takes a little longer"),
    ],
)
def test_progress_page_names_each_status(client: FlaskClient, store: FakeStore, status: str, heading: str) -> None:
    store.change(status=status)
    page = client.get(f"{AT}/progress")
    assert page.status_code == 200
    assert f"<h1>{heading}</h1>" in page.text
    assert '<noscript><meta http-equiv="refresh"' in page.text
    notified = client.get(f"{AT}/status", headers=JSON).json
    assert notified is not None
    assert (notified["status"], notified["next"]) == (status, None)
    assert notified["html"].strip() in page.text


def test_progress_leads_on_when_done(client: FlaskClient, album: FakeStore) -> None:
    notified = client.get(f"{AT}/status", headers=JSON).json
    assert notified is not None
    assert notified["next"] == f"{AT}/"
    assert client.get(f"{AT}/progress", follow_redirects=True).request.path == f"{AT}/results"


def test_progress_leads_back_when_the_session_was_reset(client: FlaskClient, store: FakeStore) -> None:
    assert client.get(f"{AT}/progress", follow_redirects=True).request.path == f"{AT}/about"


def test_results_wait_for_the_work(client: FlaskClient, store: FakeStore) -> None:
    store.change(status="pending")
    assert client.get(f"{AT}/results", follow_redirects=True).request.path == f"{AT}/progress"


def test_results_show_every_photo_by_name(client: FlaskClient, album: FakeStore) -> None:
    page = client.get(f"{AT}/results").text
    assert re.findall(r'type="radio"[^>]*aria-label="(Photo \d)"', page) == [f"Photo {n}" for n in (1, 2, 3, 4)]
    assert "Make this my favorite" in page
    assert "Your favorite" not in page


def test_an_active_session_without_photos_has_a_page(client: FlaskClient, store: FakeStore) -> None:
    store.change(status="active")
    page = client.get(f"{AT}/results")
    assert page.status_code == 200
    assert "No portraits have arrived yet." in page.text


def test_pick_change_and_take_back(client: FlaskClient, album: FakeStore) -> None:
    response = client.post(f"{AT}/results", data={"photo": "p3", "act": "favorite"})
    assert (response.status_code, response.location) == (303, f"{AT}/results?photo=p3")
    assert album.model.favorite_photo_id == "p3"
    assert client.get(f"{AT}/results").text.count("Your favorite") == 1
    assert "Your favorite" not in client.get(f"{AT}/results?photo=p1").text

    client.post(f"{AT}/results", data={"photo": "p1", "act": "favorite"})
    assert album.model.favorite_photo_id == "p1"
    client.post(f"{AT}/results", data={"photo": "p1", "act": "clear"})
    assert album.model.favorite_photo_id is None


def test_ratings_toggle_and_leave_the_pick_alone(client: FlaskClient, album: FakeStore) -> None:
    album.select_favorite("m1", "p1")
    message = []
    for act in ("liked", "loved", "loved", "liked"):
        notified = client.post(f"{AT}/results", data={"photo": "p2", "act": act}, headers=JSON).json
        assert notified is not None
        message.append(notified["liked"])
        assert album.album["p2"].liked_status == notified["liked"]
        assert notified["favorite"] == "p1"
    assert message == ["liked", "loved", "none", "liked"]


def test_another_sessions_photo_is_404(client: FlaskClient, album: FakeStore) -> None:
    response = client.post(f"{AT}/results", data={"photo": "px", "act": "favorite"})
    assert response.status_code == 404
    assert album.model.favorite_photo_id is None


def test_an_unknown_act_changes_nothing(client: FlaskClient, album: FakeStore) -> None:
    assert client.post(f"{AT}/results", data={"photo": "p1", "act": "explode"}).status_code == 400
    assert album.album["p1"].liked_status == "none"


def test_photos_may_live_on_another_host(client: FlaskClient, store: FakeStore) -> None:
    store.fill_album(2, "https://cdn.example/{id}/{size}.jpg?sig=1")
    policy = client.get(f"{AT}/results").headers["Content-Security-Policy"]
    assert "img-src 'self' blob: data: https://cdn.example;" in policy
    assert "https://cdn.example" not in client.get(f"{AT}/status").headers["Content-Security-Policy"]
