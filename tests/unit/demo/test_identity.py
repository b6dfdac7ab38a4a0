"""The demo's identity provider: its pages are clear, and a refusal names its reason."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient

from demo.identity import create_identity_provider
from demo.people import PEOPLE

AUTHORIZATION_PARAMETERS = {
    "client_id": "portal",
    "redirect_uri": "http://localhost:8000/login/callback",
    "response_type": "code",
    "scope": "openid",
    "state": "s-1",
    "nonce": "n-1",
}


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[FlaskClient]:
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    with create_identity_provider().test_client() as made:
        yield made


def test_every_demo_person_can_be_chosen(client: FlaskClient) -> None:
    page = client.get("/oauth2/authorize", query_string=AUTHORIZATION_PARAMETERS).text
    for person in PEOPLE:
        assert person.name in page


def test_canceling_names_the_sign_in_it_ends(client: FlaskClient) -> None:
    response = client.post("/oauth2/authorize", query_string=AUTHORIZATION_PARAMETERS, data={"action": "deny"})
    message = parse_qs(urlsplit(response.location).query)
    assert (message["error"], message["state"]) == (["access_denied"], ["s-1"])


def test_signing_out_leads_back_to_the_portal(client: FlaskClient) -> None:
    requested = {"post_logout_redirect_uri": "http://localhost:8000/", "state": "s-2"}
    page = client.get("/oauth2/end_session", query_string=requested).text
    assert "Back to the portal" in page
    assert "http://localhost:8000/?state=s-2" in page


def test_no_shared_memory_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(size: int) -> None:
        raise PermissionError(size)

    monkeypatch.setattr("multiprocessing.heap.Arena", refuse)
    assert create_identity_provider().test_client().get("/.well-known/openid-configuration").status_code == 200
