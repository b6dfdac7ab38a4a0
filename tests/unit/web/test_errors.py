"""Errors have one response with a message, a next step and a request id, and no stack trace."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from portal.domain import errors as domain_errors
from portal.domain.errors import (
    BadInput,
    ConsentMissing,
    NotAllowed,
    NotFound,
    NotReady,
    PortalError,
    SignInRefused,
    SignInUnavailable,
    TooMany,
    Unavailable,
)
from portal.presentation.error_messages import ErrorContext, get_error_message
from portal.presentation.sign_in_messages import get_sign_in_message
from portal.provider.errors import OutOfCredits
from portal.storage import ObjectMissing, StorageUnavailable

CONTEXT = ErrorContext(
    is_signed_in=True,
    is_known_form=False,
    has_group_overage=False,
    public_url="https://portal.example",
    previous_page="/headshots",
    sign_in="/login",
    switch_account="/login?switch=1",
    sign_in_again="/login?next=%2Fheadshots",
    confirm_sign_in="/login?confirm=1&next=%2Fheadshots",
    max_megabytes=10,
)
ERRORS: list[tuple[Exception, int, str]] = [
    (NotFound(), 404, "isn’t available"),
    (NotAllowed(), 403, "have access"),
    (ConsentMissing(), 409, "/headshots/consent"),
    (NotReady(), 409, "comes later"),
    (BadInput(), 400, "Something’s missing"),
    (TooMany(7), 429, "too fast"),
    (Unavailable(), 503, "right now"),
    (SignInUnavailable(), 503, "isn’t responding"),
    (SignInRefused("nonce_mismatch"), 400, "Sign-in didn’t work"),
    (SignInRefused("clock_ahead"), 400, "clock"),
    (SignInRefused("domain_not_allowed", status=403), 403, "switch=1"),
    (OutOfCredits("GET", "/x"), 503, "right now"),
    (ObjectMissing("photos/x"), 404, "isn’t available"),
    (StorageUnavailable("EIO"), 503, "right now"),
    (OperationalError("SELECT secret-statement", {}, Exception("secret-detail")), 503, "right now"),
    (RuntimeError("secret-detail"), 500, "Something went wrong"),
    (KeyError("secret-detail"), 500, "Something went wrong"),
]


def build_failing_client(app: Flask, endpoint: str, error: Exception) -> FlaskClient:
    def fail() -> str:
        raise error

    app.view_functions[endpoint] = fail
    return app.test_client()


@pytest.mark.parametrize(("error", "status", "message"), ERRORS, ids=lambda value: getattr(value, "reason", None))
@pytest.mark.asvs("A55")
def test_error_is_a_page_with_a_message_and_a_number(error: Exception, status: int, message: str, app: Flask) -> None:
    response = build_failing_client(app, "pages.show_landing", error).get("/")
    assert response.status_code == status
    assert message in response.text
    assert response.headers["X-Request-ID"] in response.text
    assert response.headers["Cache-Control"] == "no-store"
    assert "Traceback" not in response.text
    assert "secret" not in response.text


@pytest.mark.parametrize(("error", "status", "_text"), ERRORS, ids=lambda value: getattr(value, "reason", None))
def test_machine_gets_json(error: Exception, status: int, _text: str, app: Flask) -> None:
    response = build_failing_client(app, "ops.show_liveness", error).get("/healthz")
    assert response.status_code == status
    assert response.json is not None
    assert set(response.json) == {"error", "message", "request_id"}
    assert "secret" not in response.text


def test_every_portal_error_has_its_own_message(app: Flask) -> None:
    kinds = [kind for kind in vars(domain_errors).values() if isinstance(kind, type)]
    own = {kind for kind in kinds if issubclass(kind, PortalError)} - {PortalError, BadInput, SignInRefused}
    with app.test_request_context():
        titles = {get_error_message(kind.reason, kind.status, CONTEXT).title for kind in own}
    assert len(titles) == len(own) > 5


def test_unknown_reasons_have_a_message(app: Flask) -> None:
    with app.test_request_context():
        assert get_sign_in_message("never heard", CONTEXT).title == "Sign-in didn’t work"
        assert get_error_message("never heard", 418, CONTEXT).title == "Something’s missing"
        assert get_error_message("never heard", 599, CONTEXT).title == "Something went wrong"


def test_browser_that_accepts_json_gets_it(client: FlaskClient) -> None:
    assert client.get("/nowhere", headers={"Accept": "application/json"}).json is not None
    assert client.get("/nowhere", headers={"Accept": "text/html,*/*"}).mimetype == "text/html"


def test_help_is_offered_where_available(make_app: Callable[..., Flask]) -> None:
    response = make_app(support_email="help@example.com", brand_name="A & B").test_client().get("/nowhere")
    subject = f"A%20%26%20B%3A%20{response.headers['X-Request-ID']}"
    assert f'href="mailto:help@example.com?subject={subject}"' in response.text


def test_wait_is_shown(app: Flask) -> None:
    assert build_failing_client(app, "pages.show_landing", TooMany(7)).get("/").headers["Retry-After"] == "7"
    assert build_failing_client(app, "pages.show_landing", Unavailable()).get("/").headers["Retry-After"] == "10"


def test_wrong_method_names_the_right_ones(client: FlaskClient) -> None:
    response = client.get("/logout")
    assert response.status_code == 405
    assert "POST" in response.headers["Allow"]
    assert "only works with the button" in response.text


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "FOO"])
def test_odd_methods_are_refused(method: str, client: FlaskClient) -> None:
    assert client.open("/", method=method).status_code == 405


def test_error_page_that_fails_does_not_hide_the_error(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    app.jinja_env.globals["_"] = None
    app.jinja_env.globals["gettext"] = None
    response = build_failing_client(app, "pages.show_landing", NotFound()).get("/")
    assert response.status_code == 404
    assert "This page isn’t available" in response.text
    assert "request.error_page_failed" in caplog.text


def test_unexpected_error_is_logged_with_its_trace(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        build_failing_client(app, "pages.show_landing", RuntimeError("boom")).get("/")
    assert "boom" in caplog.text


def test_error_page_uses_browser_language(client: FlaskClient) -> None:
    german = client.get("/nowhere", headers={"Accept-Language": "de"})
    assert 'lang="de"' in german.text
    assert "This page isn’t available" not in german.text


def test_body_beyond_the_limit_is_refused(client: FlaskClient) -> None:
    response = client.post("/login/backchannel-logout", data={"logout_token": "x" * 1_100_000})
    assert response.status_code == 413


def test_database_that_is_down_does_not_take_public_pages_along(client: FlaskClient) -> None:
    assert client.get("/privacy").status_code == 200
    client.set_cookie("portal_session", "A" * 43)
    response = client.get("/privacy")
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "10"
    assert "Set-Cookie" not in response.headers
