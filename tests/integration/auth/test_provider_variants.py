"""Identity providers that differ within the rules: claims, userinfo, client authentication, pushed requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask, Response
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from sqlalchemy import select

from portal.db import db
from portal.models.audit import AuditEntry
from portal.models.people import Person
from tests.integration.auth.actors import Browser, parse_query
from tests.integration.auth.hostile_provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    EC_KEY,
    HostileProvider,
    build_key_set,
    sign_token,
)

Audit = Callable[[str], list[AuditEntry]]
Make = Callable[..., Flask]


def get_person(app: Flask) -> Person:
    with app.app_context():
        return db.session.scalars(select(Person)).one()


def remove_claims(*names: str, **more: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda claims: {name: value for name, value in claims.items() if name not in names} | more


@pytest.mark.parametrize(
    "userinfo",
    [
        lambda: ({"error": "invalid_token"}, 401),
        lambda: ({}, 500),
        lambda: "<html>",
        lambda: {"x": "x" * 2_000_000},
        lambda: Response("not.a.token", mimetype="application/jwt"),
    ],
    ids=["401", "500", "a page", "too large", "a broken token"],
)
def test_failing_userinfo_is_ignored_when_the_id_token_has_all_that_is_needed(
    userinfo: Callable[[], Any], browser: Browser, app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    browser.provider.lies.claims = remove_claims("name")
    browser.provider.lies.userinfo = userinfo
    assert browser.sign_in().headers["Location"] == "/headshots"
    assert get_person(app).name == "alice"
    assert [record.message for record in caplog.records if record.levelname == "WARNING"] == [
        "sign_in.userinfo_unusable"
    ]


def test_failing_userinfo_refuses_when_groups_decide_and_are_missing(make_app: Make, provider: HostileProvider) -> None:
    app = make_app(admin_groups=frozenset({"admins"}))
    provider.lies.userinfo = lambda: ({}, 500)
    assert Browser(app.test_client(), provider).sign_in().status_code == 503, "an admin must not become an employee"


@pytest.mark.parametrize(("audience", "status"), [(CLIENT_ID, 303), ([CLIENT_ID, "x"], 303), ("other", 400)])
def test_userinfo_as_a_signed_token(audience: object, status: int, browser: Browser) -> None:
    provider = browser.provider
    provider.lies.claims = remove_claims("email", "name")
    provider.lies.userinfo = lambda: Response(
        sign_token({**provider.person, "iss": provider.issuer, "aud": audience}), mimetype="application/jwt"
    )
    assert browser.sign_in().status_code == status


def test_address_from_the_first_claim_that_has_one(make_app: Make, provider: HostileProvider) -> None:
    app = make_app(oidc_email_claims=("mail", "email", "preferred_username"))
    provider.person = {"sub": "alice", "name": "Alice", "preferred_username": "alice@corp.example", "mail": ""}
    assert Browser(app.test_client(), provider).sign_in().status_code == 303
    assert get_person(app).email == "alice@corp.example"


def test_verification_is_about_the_claim_email_only(make_app: Make, provider: HostileProvider) -> None:
    app = make_app(oidc_email_claims=("upn",))
    provider.person |= {"upn": "alice@corp.example", "email_verified": False}
    assert Browser(app.test_client(), provider).sign_in().status_code == 303


@pytest.mark.parametrize(
    "overage",
    [{"hasgroups": True}, {"_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {"endpoint": "https://x"}}}],
    ids=["hasgroups", "claim names"],
)
def test_group_overage_is_named_in_audit_log_and_on_pages(
    overage: dict[str, Any], make_app: Make, provider: HostileProvider, audit: Audit, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app(admin_groups=frozenset({"admins"}))
    browser = Browser(app.test_client(), provider)
    provider.lies.claims = remove_claims(**overage)
    browser.sign_in()
    assert get_person(app).role == "employee"
    assert audit("sign_in")[0].detail == {"role": "employee", "groups": "incomplete"}
    assert "sign_in.groups_incomplete" in [record.message for record in caplog.records]
    assert "group overage" in browser.get("/headshots/consent").text
    closed = browser.get("/admin/")
    assert closed.status_code == 403
    assert "Your groups are missing" in closed.text


def test_groups_that_decide_nothing_may_be_missing(browser: Browser, audit: Audit) -> None:
    browser.provider.lies.claims = remove_claims(hasgroups=True)
    browser.sign_in()
    assert audit("sign_in")[0].detail == {"role": "employee"}
    assert "group overage" not in browser.get("/headshots/consent").text


def test_changed_algorithm_refetches_the_metadata_once(browser: Browser, other_browser: Browser) -> None:
    provider = browser.provider
    provider.lies.metadata = {"id_token_signing_alg_values_supported": ["RS256"]}
    browser.sign_in()
    provider.lies.metadata = {"id_token_signing_alg_values_supported": ["ES256"]}
    provider.lies.jwks = build_key_set(EC_KEY)
    provider.lies.token = lambda claims: sign_token(claims, alg="ES256", key=EC_KEY)
    assert other_browser.sign_in().headers["Location"] == "/headshots"
    assert provider.calls["openid-configuration"] == 2


def test_refusal_is_one_warning_with_the_providers_error(browser: Browser, caplog: pytest.LogCaptureFixture) -> None:
    browser.provider.lies.token_response = lambda _: ({"error": "invalid_client", "error_description": "canary"}, 401)
    page = browser.sign_in()
    assert page.status_code == 400
    assert "Sign-in isn’t set up correctly" in page.text
    (record,) = [record for record in caplog.records if record.levelname == "WARNING"]
    found = vars(record)
    assert (record.message, found["reason"], found["error"], found["provider_status"]) == (
        "sign_in.refused",
        "client_refused",
        "invalid_client",
        401,
    )
    assert "canary" not in caplog.text


@pytest.mark.parametrize(("method", "in_form"), [("basic", False), ("post", True)])
def test_client_authentication_can_be_set(
    method: str, in_form: bool, make_app: Make, provider: HostileProvider
) -> None:
    provider.lies.metadata = {"token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"]}
    Browser(make_app(oidc_token_auth=method).test_client(), provider).sign_in()
    assert (provider.last_token_request.get("client_secret") == CLIENT_SECRET) is in_form
    assert provider.last_token_request["authorization"].startswith("Basic ") is not in_form


@pytest.mark.parametrize("key", [RSAKey.generate_key(2048), ECKey.generate_key("P-256")], ids=["RSA", "EC"])
def test_private_key_jwt(key: RSAKey | ECKey, make_app: Make, provider: HostileProvider) -> None:
    pem = key.as_pem(private=True).decode()
    app = make_app(oidc_token_auth="private_key_jwt", oidc_client_key=pem, oidc_client_secret="")
    Browser(app.test_client(), provider).sign_in()
    sent = provider.last_token_request
    assert sent["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    token = jwt.decode(sent["client_assertion"], key, algorithms=["RS256", "ES256"])
    assert token.header["kid"] == key.thumbprint()
    assert (token.claims["iss"], token.claims["sub"], token.claims["aud"]) == (CLIENT_ID, CLIENT_ID, provider.issuer)
    assert 0 < token.claims["exp"] - token.claims["iat"] <= 60
    assert "client_secret" not in sent


def test_unusable_client_key_is_a_refusal(make_app: Make, provider: HostileProvider, audit: Audit) -> None:
    app = make_app(oidc_token_auth="private_key_jwt", oidc_client_key="-----BEGIN nothing")
    assert Browser(app.test_client(), provider).sign_in().status_code == 400
    assert audit("sign_in")[0].detail["reason"] == "client_key_invalid"


def test_required_pushed_request_is_pushed(browser: Browser) -> None:
    provider = browser.provider
    provider.lies.metadata = {
        "pushed_authorization_request_endpoint": f"{provider.issuer}/par",
        "require_pushed_authorization_requests": True,
    }
    location = browser.begin("/login?next=/privacy")
    assert set(parse_query(location)) == {"client_id", "request_uri"}
    pushed = provider.pushed[parse_query(location)["request_uri"]]
    assert pushed["code_challenge_method"] == "S256"
    assert pushed["authorization"].startswith("Basic ")
    assert browser.get(provider.visit(location)).headers["Location"] == "/privacy"


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (({"error": "invalid_client"}, 401), "client_refused"),
        (({"error": "invalid_request"}, 400), "token_refused"),
        (({"request_uri": 7}, 201), "par_malformed"),
    ],
)
def test_pushed_request_that_is_refused(response: Any, reason: str, browser: Browser, audit: Audit) -> None:
    provider = browser.provider
    provider.lies.metadata = {
        "pushed_authorization_request_endpoint": f"{provider.issuer}/par",
        "require_pushed_authorization_requests": True,
    }
    provider.lies.pushed = lambda: response
    assert browser.get("/login").status_code == 400
    assert audit("sign_in")[0].detail["reason"] == reason


@pytest.mark.parametrize(
    "response",
    [
        {"nonce": "\ud800"},
        {"groups": ["\ud800", "a\x00b", "staff"]},
        {"name": "A\x00\ud800lice"},
        {"sid": "\x00"},
        {"locale": "\udfff"},
        {"exp": 1e308 * 10},
        {"at_hash": "\ud800"},
        {"iat": -1e999},
        {"email": "a\x00@example.com"},
        {"sub": "a\ud800"},
    ],
    ids=repr,
)
def test_odd_text_and_numbers_in_a_token_are_a_value_or_a_refusal(
    response: dict[str, Any], make_app: Make, provider: HostileProvider
) -> None:
    browser = Browser(make_app(admin_groups=frozenset({"x"})).test_client(), provider)
    provider.lies.claims = lambda claims: claims | response
    assert browser.sign_in().status_code in {303, 400, 403}


@pytest.mark.parametrize(
    "body",
    [
        b'{"access_token": "a", "expires_in": 1e999}',
        b'{"access_token": "\\ud800", "id_token": "a.b.c"}',
        b'{"expires_in": {}, "id_token": 7}',
        b"[]",
        b"\xff",
        b'{"id_token": "' + b"[" * 5000 + b'"}',
    ],
)
def test_odd_token_response_is_a_refusal(body: bytes, browser: Browser) -> None:
    browser.provider.lies.token_response = lambda _: Response(body, mimetype="application/json")
    assert browser.sign_in().status_code in {400, 503}


def test_redirect_uri_is_registered_exactly(browser: Browser) -> None:
    assert urlsplit(parse_query(browser.begin())["redirect_uri"]).path == "/login/callback"
