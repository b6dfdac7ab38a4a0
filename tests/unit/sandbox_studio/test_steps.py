"""The way to a started session without any script: about you, photos, check."""

from __future__ import annotations

import io

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from sandbox.studio import steps
from sandbox.studio.upload_batch import MAX_PHOTOS, clean_filename
from tests.unit.sandbox_studio.fake_store import TOKEN, FakeStore
from tests.unit.sandbox_studio.portraits import build_photo, build_scene, decode_image, encode_image

AT = f"/studio/{TOKEN}"
JSON = {"Accept": "application/json"}


@pytest.fixture
def ready(store: FakeStore) -> FakeStore:
    """A session whose owner has completed the step about themselves."""
    store.change(title="Ada", trigger="female")
    return store


def upload_photos(
    client: FlaskClient, *files: tuple[bytes, str], headers: dict[str, str] | None = None
) -> TestResponse:
    photos = [(io.BytesIO(raw), name) for raw, name in files]
    return client.post(f"{AT}/photos", data={"photos": photos}, headers=headers)


def test_about_you_is_normalized(client: FlaskClient, store: FakeStore) -> None:
    response = client.post(f"{AT}/about", data={"name": "  Ada\t King\u0000  ", "trigger": "female"})
    assert (response.status_code, response.location) == (303, f"{AT}/photos")
    assert (store.model.title, store.model.trigger) == ("Ada King", "female")


@pytest.mark.parametrize(
    ("form", "text_parts"),
    [
        ({"trigger": "male"}, "Enter your name."),
        ({"name": " \u200b\n", "trigger": "male"}, "Enter your name."),
        ({"name": "x" * 81, "trigger": "male"}, "Use at most 80 characters."),
        ({"name": "Ada"}, "Choose how you would like to be styled."),
        ({"name": "Ada", "trigger": "robot"}, "Choose how you would like to be styled."),
    ],
)
def test_about_you_lists_what_is_missing(
    client: FlaskClient, store: FakeStore, form: dict[str, str], text_parts: str
) -> None:
    response = client.post(f"{AT}/about", data=form)
    assert response.status_code == 422
    assert text_parts in response.text
    assert "Error: About you" in response.text
    assert store.model.title == ""


def test_about_you_loses_nothing_typed(client: FlaskClient) -> None:
    page = client.post(f"{AT}/about", data={"name": "<Ada & Co>"}).text
    assert 'value="&lt;Ada &amp; Co&gt;"' in page


def test_good_files_stay_when_others_are_refused(client: FlaskClient, ready: FakeStore) -> None:
    response = upload_photos(client, (build_photo(1), "a.jpg"), (b"%PDF-1.7", "cv.pdf"), (build_photo(2), "b.jpg"))
    assert response.status_code == 200
    assert len(ready.uploads) == 2
    assert "“cv.pdf” is a PDF, not a photo we can use." in response.text
    assert "2 of at least 2" in response.text


def test_all_refused_is_an_error(client: FlaskClient, ready: FakeStore) -> None:
    assert upload_photos(client, (b"hello", "note.txt")).status_code == 422
    assert ready.uploads == {}


def test_missing_static_file_is_not_disclosed(client: FlaskClient, ready: FakeStore) -> None:
    response = client.post(f"{AT}/photos", data={"photos": (io.BytesIO(b""), "")})
    assert response.status_code == 422
    assert "No photo arrived." in response.text


def test_the_same_photo_twice_is_kept_once(client: FlaskClient, ready: FakeStore) -> None:
    upload_photos(client, (build_photo(1), "a.jpg"))
    response = upload_photos(client, (encode_image(build_scene(shade=1), quality=75, comment=b"again"), "copy.jpg"))
    assert response.status_code == 422
    assert "“copy.jpg” is already in your session." in response.text
    assert len(ready.uploads) == 1


def test_twenty_photos_are_enough(client: FlaskClient, ready: FakeStore) -> None:
    for number in range(MAX_PHOTOS - 1):
        ready.add_upload("m1", b"stand-in %d" % number, "x.jpg")
    response = upload_photos(client, (build_photo(1), "last.jpg"), (build_photo(2), "extra.jpg"))
    assert len(ready.uploads) == MAX_PHOTOS
    assert "“extra.jpg” was left out: 20 photos is the most." in response.text


def test_too_many_files_are_refused_together(
    client: FlaskClient, ready: FakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "MAX_REQUEST_BYTES", 1000)
    response = upload_photos(client, (build_photo(1), "a.jpg"))
    assert response.status_code == 422
    assert "too much at once" in response.text
    assert ready.uploads == {}


def test_an_app_wide_limit_does_not_stop_photos(app: Flask, client: FlaskClient, ready: FakeStore) -> None:
    app.config["MAX_CONTENT_LENGTH"] = 1000
    assert upload_photos(client, (build_photo(1), "a.jpg")).status_code == 200
    assert len(ready.uploads) == 1


def test_a_script_gets_sentences_and_the_same_fragment(client: FlaskClient, ready: FakeStore) -> None:
    notified = upload_photos(client, (build_photo(1), "a.jpg"), (b"", "b.jpg"), headers=JSON).json
    assert notified is not None
    assert [result["added"] for result in notified["results"]] == [True, False]
    assert notified["results"][1]["sentence"].startswith("“b.jpg” is empty.")
    assert notified["html"].strip() in client.get(f"{AT}/photos").text


def test_thumbnails_are_small_and_private(client: FlaskClient, ready: FakeStore) -> None:
    upload_photos(client, (build_photo(1), "a.jpg"))
    response = client.get(f"{AT}/photos/u1.jpg")
    assert response.mimetype == "image/jpeg"
    assert response.headers["Cache-Control"] == "no-store"
    assert max(decode_image(response.data).size) <= 400
    assert client.get(f"{AT}/photos/u9.jpg").status_code == 404


def test_a_photo_can_be_taken_out_again(client: FlaskClient, ready: FakeStore) -> None:
    upload_photos(client, (build_photo(1), "a.jpg"), (build_photo(2), "b.jpg"))
    response = client.post(f"{AT}/photos/u1/remove")
    assert (response.status_code, response.location) == (303, f"{AT}/photos")
    assert list(ready.uploads) == ["u2"]
    assert client.post(f"{AT}/photos/u1/remove").status_code == 404
    notified = client.post(f"{AT}/photos/u2/remove", headers=JSON).json
    assert notified is not None
    assert "0 of at least 2" in notified["html"]


def test_too_few_photos_lead_back_with_a_reason(client: FlaskClient, ready: FakeStore) -> None:
    upload_photos(client, (build_photo(1), "a.jpg"))
    for response in (
        client.get(f"{AT}/check", follow_redirects=True),
        client.post(f"{AT}/check", follow_redirects=True),
    ):
        assert response.status_code == 422
        assert "Add 1 more photo, then continue." in response.text
    assert ready.model.status == "onboarding"


def test_check_requires_a_name_first(client: FlaskClient) -> None:
    assert client.get(f"{AT}/check").location == f"{AT}/about"


def test_start_uses_a_credit_and_moves_on(client: FlaskClient, ready: FakeStore) -> None:
    upload_photos(client, (build_photo(1), "a.jpg"), (build_photo(2), "b.jpg"))
    assert "Ada" in client.get(f"{AT}/check").text
    response = client.post(f"{AT}/check")
    assert (response.status_code, response.location) == (303, f"{AT}/progress")
    assert (ready.credits, ready.model.status) == (0, "waiting")


def test_a_second_press_starts_nothing(client: FlaskClient, ready: FakeStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first press wins between our look at the status and our own attempt."""
    upload_photos(client, (build_photo(1), "a.jpg"), (build_photo(2), "b.jpg"))
    before = ready.model
    ready.complete_onboarding("m1")
    monkeypatch.setattr(ready, "find_by_token", lambda _token: before)
    response = client.post(f"{AT}/check")
    assert (response.status_code, response.location) == (303, f"{AT}/")
    assert ready.credits == 0


def test_no_credits_keeps_everything(client: FlaskClient, ready: FakeStore) -> None:
    ready.credits = 0
    upload_photos(client, (build_photo(1), "a.jpg"), (build_photo(2), "b.jpg"))
    response = client.post(f"{AT}/check")
    assert response.status_code == 402
    assert "Northwind has no sessions left" in response.text
    assert len(ready.uploads) == 2


def test_a_started_session_takes_no_changes(client: FlaskClient, ready: FakeStore) -> None:
    upload_photos(client, (build_photo(1), "a.jpg"), (build_photo(2), "b.jpg"))
    client.post(f"{AT}/check")
    for response in (
        client.get(f"{AT}/about"),
        client.get(f"{AT}/check"),
        upload_photos(client, (build_photo(3), "c.jpg")),
        client.post(f"{AT}/photos/u1/remove"),
    ):
        assert (response.status_code, response.location) == (303, f"{AT}/")
    assert len(ready.uploads) == 2


@pytest.mark.parametrize(
    ("filename", "shown"),
    [
        ("../../etc/pass\nwd", "passwd"),
        ("C:\\photos\\me.jpg", "me.jpg"),
        (None, "photo"),
        ("\u202e\u0000", "photo"),
        ("a" * 90 + ".jpeg", "a" * 36 + "…" + "a" * 6 + ".jpeg"),
    ],
)
def test_names_are_only_for_show(filename: str | None, shown: str) -> None:
    assert clean_filename(filename) == shown
