"""Every false response of a provider ends on a clear page, with one audit entry, and without a session."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Response

from portal.models.audit import AuditEntry
from tests.integration.auth.actors import Browser
from tests.integration.auth.hostile_provider import (
    CLIENT_ID,
    EC_KEY,
    FOREIGN_KEY,
    KEY,
    OTHER_KEY,
    HostileProvider,
    build_key_set,
    build_public_key_secret,
    build_secret_key,
    remove_key_id,
    sign_token,
)

Audit = Callable[[str], list[AuditEntry]]
MINUTE, HOUR, DAY = 60, 3600, 86400


def change_claims(**changes: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Change claims; None removes one, a function changes what is there."""

    def change(claims: dict[str, Any]) -> dict[str, Any]:
        new = {name: value(claims.get(name)) if callable(value) else value for name, value in changes.items()}
        return {name: value for name, value in (claims | new).items() if value is not None}

    return change


def add_seconds(seconds: int) -> Callable[[int], int]:
    return lambda value: value + seconds


@dataclass
class Case:
    """One lie and the reason it is refused with."""

    id: str
    reason: str
    lies: dict[str, Any] = field(default_factory=dict)
    parameters: dict[str, str | None] = field(default_factory=dict)
    status: int = 400


def build_claims_case(id: str, reason: str, status: int = 400, **changes: Any) -> Case:
    return Case(id, reason, {"claims": change_claims(**changes)}, status=status)


def build_token_case(id: str, reason: str, made: Callable[[dict[str, Any]], str], **lies: Any) -> Case:
    return Case(id, reason, {"token": made, **lies})


def sign_duplicate_keys(found: dict[str, Any]) -> str:
    return sign_token(json.dumps(found)[:-1].encode() + b', "sub": "mallory"}')


CASES = [
    build_claims_case("issuer is another", "issuer_mismatch", iss="https://evil.example"),
    build_claims_case("issuer is a list", "issuer_mismatch", iss=lambda value: [value]),
    build_claims_case("issuer with a slash more", "issuer_mismatch", iss=lambda value: value + "/"),
    build_claims_case("audience is another", "audience_mismatch", aud="other"),
    build_claims_case("audience is missing", "audience_mismatch", aud=None),
    build_claims_case("audience is another, authorized party is us", "audience_mismatch", aud="other", azp=CLIENT_ID),
    build_claims_case("audience list without us", "audience_mismatch", aud=["other"], azp=CLIENT_ID),
    build_claims_case(
        "audience list, authorized party is another", "audience_mismatch", aud=[CLIENT_ID, "other"], azp="other"
    ),
    build_claims_case("audience list, no authorized party", "audience_mismatch", aud=[CLIENT_ID, "other"]),
    build_claims_case("authorized party is another", "audience_mismatch", azp="other"),
    build_claims_case("audience is empty", "audience_mismatch", aud=[]),
    build_claims_case("subject is missing", "subject_missing", sub=None),
    build_claims_case("subject is a number", "subject_missing", sub=7),
    build_claims_case("subject is empty", "subject_missing", sub=""),
    build_claims_case("subject is a list", "subject_missing", sub=["alice"]),
    build_claims_case("subject is endless", "subject_missing", sub="a" * 256),
    build_claims_case("issue time is missing", "token_too_old", iat=None),
    build_claims_case("issue time is a word", "token_too_old", iat="now"),
    build_claims_case("issue time is no number a clock knows", "token_too_old", iat=10**400),
    build_claims_case("expiry is missing", "token_expired", exp=None),
    build_claims_case("expiry is true", "token_expired", exp=True),
    build_claims_case("issued an hour ahead", "clock_ahead", iat=add_seconds(HOUR)),
    build_claims_case("issued five minutes ahead", "clock_ahead", iat=add_seconds(5 * MINUTE)),
    build_claims_case("not valid yet", "clock_ahead", nbf=lambda _: 10**10),
    build_claims_case("expired a minute ago", "token_expired", exp=add_seconds(-360)),
    build_claims_case("issued a day ago", "token_too_old", iat=add_seconds(-DAY)),
    build_claims_case("nonce is wrong", "nonce_mismatch", nonce="other"),
    build_claims_case("nonce is missing", "nonce_mismatch", nonce=None),
    build_claims_case("nonce is not text", "nonce_mismatch", nonce=["x"]),
    build_claims_case("access token hash is wrong", "access_token_mismatch", at_hash="x" * 22),
    build_claims_case("access token hash is not text", "access_token_mismatch", at_hash=7),
    build_claims_case("a logout token's events", "token_type", events={}),
    Case(
        "no address at all",
        "email_missing",
        {"claims": change_claims(email=None), "userinfo": lambda: {"sub": "alice"}},
        status=403,
    ),
    build_claims_case("address of a foreign domain", "domain_not_allowed", 403, email="eve@evil.example"),
    build_claims_case("address of a domain that ends alike", "domain_not_allowed", 403, email="eve@notexample.com"),
    build_claims_case("address with two at signs", "email_malformed", email="eve@evil.example@example.com"),
    build_claims_case("address that breaks a mail header", "email_malformed", email="eve@example.com\nBcc: x"),
    build_claims_case("address is a list", "email_malformed", email=["alice@example.com"]),
    build_claims_case("address is not verified", "email_unverified", 403, email_verified=False),
    build_claims_case("address is not verified, as a word", "email_unverified", 403, email_verified="false"),
    build_token_case(
        "no key id and several keys", "token_key", lambda c: sign_token(c, kid=None), jwks=build_key_set(KEY, OTHER_KEY)
    ),
    build_token_case("not signed", "token_malformed", lambda c: sign_token(c, alg="none")),
    build_token_case(
        "not signed, and the provider lists that",
        "token_malformed",
        lambda c: sign_token(c, alg="none"),
        metadata={"id_token_signing_alg_values_supported": ["none", "RS256"]},
    ),
    build_token_case("not signed, with a signature", "token_algorithm", lambda c: sign_token(c, alg="none") + "eA"),
    build_token_case("foreign key under our key's id", "token_signature", lambda c: sign_token(c, key=FOREIGN_KEY)),
    build_token_case("unknown key id", "token_key", lambda c: sign_token(c, key=OTHER_KEY)),
    build_token_case(
        "shared secret", "token_algorithm", lambda c: sign_token(c, alg="HS256", key=build_secret_key(), kid="one")
    ),
    build_token_case(
        "shared secret, and the provider lists that",
        "token_algorithm",
        lambda c: sign_token(c, alg="HS256", key=build_secret_key(), kid="one"),
        metadata={"id_token_signing_alg_values_supported": ["HS256", "RS256"]},
    ),
    build_token_case(
        "our key's public half as a shared secret",
        "token_algorithm",
        lambda c: sign_token(c, alg="HS256", key=build_public_key_secret(), kid="one"),
        metadata={"id_token_signing_alg_values_supported": ["HS256", "RS256"]},
    ),
    build_token_case("algorithm not in the provider's list", "token_algorithm", lambda c: sign_token(c, alg="RS512")),
    build_token_case(
        "the sender's own key in the header",
        "token_signature",
        lambda c: sign_token(c, key=FOREIGN_KEY, jwk=FOREIGN_KEY.as_dict(private=False)),
    ),
    build_token_case(
        "an address for keys in the header", "token_key", lambda c: sign_token(c, kid="x", jku="http://127.0.0.1/")
    ),
    build_token_case("a header marked critical", "token_header", lambda c: sign_token(c, crit=["kid"])),
    build_token_case("a logout token as ID token", "token_type", lambda c: sign_token(c, typ="logout+jwt")),
    build_token_case("an access token as ID token", "token_type", lambda c: sign_token(c, typ="at+jwt")),
    build_token_case("not a token", "token_malformed", lambda _: "not.a.token!"),
    build_token_case("two parts", "token_malformed", lambda c: sign_token(c).rpartition(".")[0]),
    build_token_case("megabyte token", "answer_too_large", lambda c: sign_token(c | {"x": "x" * 1_000_000})),
    build_token_case("100 kB token", "token_malformed", lambda c: sign_token(c | {"x": "x" * 100_000})),
    build_token_case("a claim twice", "token_malformed", sign_duplicate_keys),
    build_token_case("claims are a list", "token_malformed", lambda _: sign_token(b"[]")),
    build_token_case(
        "claims are deep", "token_malformed", lambda _: sign_token(b'{"a":' + b"[" * 20_000 + b"]" * 20_000 + b"}")
    ),
    build_token_case("claims hold NaN", "token_malformed", lambda _: sign_token(b'{"exp": NaN}')),
    build_token_case("claims are not text", "token_malformed", lambda _: sign_token(b"\xff\xfe")),
    Case("no ID token", "id_token_missing", {"token_response": lambda a: a | {"id_token": None}}),
    Case("ID token is an object", "id_token_missing", {"token_response": lambda a: a | {"id_token": {}}}),
    Case(
        "client may not do this",
        "client_refused",
        {"token_response": lambda _: ({"error": "unauthorized_client"}, 400)},
    ),
    Case("client is refused", "client_refused", {"token_response": lambda _: ({"error": "invalid_client"}, 401)}),
    Case("code is refused", "code_refused", {"token_response": lambda _: ({"error": "invalid_grant"}, 400)}),
    Case("an unknown error", "token_refused", {"token_response": lambda _: ({"error": "<script>"}, 400)}),
    Case("answer names another issuer", "answer_from_other_issuer", parameters={"iss": "https://evil.example"}),
    Case(
        "answer names no issuer though promised",
        "answer_without_issuer",
        {"metadata": {"authorization_response_iss_parameter_supported": True}},
    ),
    Case("code and error together", "answer_ambiguous", parameters={"error": "access_denied"}),
    Case("neither code nor error", "code_missing", parameters={"code": None}),
    Case("canceled", "cancelled", parameters={"code": None, "error": "access_denied"}),
    Case("error of the provider", "provider_refused", parameters={"code": None, "error": "server_error"}),
    Case("login required though not silent", "provider_refused", parameters={"code": None, "error": "login_required"}),
]


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
@pytest.mark.asvs("A49")
def test_invalid_claim_is_refused(case: Case, make_app: Any, provider: HostileProvider, audit: Audit) -> None:
    browser = Browser(make_app(allowed_email_domains=frozenset({"example.com"})).test_client(), provider)
    for name, lie in case.lies.items():
        setattr(provider.lies, name, lie)
    response = browser.get(provider.visit(browser.begin(), **case.parameters))
    assert response.status_code == case.status
    assert "<h1>" in response.text
    assert "script>" not in response.text
    assert [entry.detail["reason"] for entry in audit("sign_in")] == [case.reason]
    assert not browser.is_signed_in()


HONEST = {
    "one key and no key id": {"token": lambda c: sign_token(c, kid=None), "jwks": {"keys": [remove_key_id(KEY)]}},
    "ES256": {"token": lambda c: sign_token(c, alg="ES256", key=EC_KEY), "jwks": build_key_set(KEY, EC_KEY)},
    "PS256": {"token": lambda c: sign_token(c, alg="PS256")},
    "audience is a list with others, authorized party is us": {
        "claims": change_claims(aud=["project", CLIENT_ID], azp=CLIENT_ID)
    },
    "audience is a list of us": {"claims": change_claims(aud=[CLIENT_ID], azp=CLIENT_ID)},
    "issued 25 seconds ahead": {"claims": change_claims(iat=add_seconds(25))},
    "expired 25 seconds ago": {"claims": change_claims(exp=add_seconds(-325))},
    "address verification not mentioned": {"claims": change_claims(email_verified=None)},
    "address only in userinfo": {"claims": change_claims(email=None, name=None)},
    "keys of other kinds around": {
        "jwks": {"keys": [build_secret_key().as_dict(), "x", {}, *build_key_set(KEY)["keys"]]}
    },
    "token type in capitals": {"token": lambda c: sign_token(c, typ="JWT")},
    "header fields we do not know": {"token": lambda c: sign_token(c, foo="bar")},
}


@pytest.mark.parametrize("lies", HONEST.values(), ids=HONEST)
def test_unusual_valid_response_is_accepted(lies: dict[str, Any], browser: Browser) -> None:
    for name, lie in lies.items():
        setattr(browser.provider.lies, name, lie)
    assert browser.sign_in().headers["Location"] == "/headshots"
    assert browser.is_signed_in()


USERINFO = {
    "of somebody else": (lambda: {"sub": "mallory", "email": "m@example.com"}, "userinfo_mismatch", 400),
    "without subject": (lambda: {"email": "m@example.com"}, "userinfo_mismatch", 400),
    "unauthorized": (lambda: ({"error": "x"}, 401), "identity_provider_unavailable", 503),
    "broken": (lambda: ({}, 500), "identity_provider_unavailable", 503),
    "a page": (lambda: "<html>", "identity_provider_unavailable", 503),
    "two megabytes": (lambda: {"x": "x" * 2_000_000}, "answer_too_large", 400),
    "a redirect": (lambda: Response(status=302, headers={"Location": "/jwks"}), "identity_provider_unavailable", 503),
}


@pytest.mark.parametrize(("response", "reason", "status"), USERINFO.values(), ids=USERINFO)
def test_userinfo_that_cannot_be_used(response: Any, reason: str, status: int, browser: Browser, audit: Audit) -> None:
    browser.provider.lies.claims = change_claims(email=None)
    browser.provider.lies.userinfo = response
    assert browser.sign_in().status_code == status
    assert [entry.detail["reason"] for entry in audit("sign_in")] == [reason]


METADATA = {
    "another issuer": ({"issuer": "https://evil.example"}, "discovery_issuer_mismatch"),
    "issuer with a slash more": ({"issuer": "http://127.0.0.1/"}, "discovery_issuer_mismatch"),
    "no issuer": ({"issuer": None}, "discovery_issuer_mismatch"),
    "no token address": ({"token_endpoint": None}, "discovery_incomplete"),
    "an address that is none": ({"authorization_endpoint": "javascript:alert(1)"}, "discovery_incomplete"),
    "an address with a line break": ({"jwks_uri": "http://127.0.0.1/\r\nX: y"}, "discovery_incomplete"),
    "only shared-secret signatures": (
        {"id_token_signing_alg_values_supported": ["HS256"]},
        "discovery_algorithms",
    ),
    "two megabytes": ({"x": "x" * 2_000_000}, "answer_too_large"),
    "algorithms are a word": ({"id_token_signing_alg_values_supported": "RS256"}, "discovery_algorithms"),
}


@pytest.mark.parametrize(("metadata", "reason"), METADATA.values(), ids=METADATA)
def test_invalid_discovery_document_is_refused(
    metadata: dict[str, Any], reason: str, browser: Browser, audit: Audit
) -> None:
    browser.provider.lies.metadata = metadata
    response = browser.get("/login")
    assert response.status_code == 400
    assert [entry.detail["reason"] for entry in audit("sign_in")] == [reason]


@pytest.mark.parametrize("minutes", [5, -11])
def test_clock_difference_is_named(minutes: int, browser: Browser, audit: Audit) -> None:
    """Whichever of the two is wrong."""
    browser.provider.lies.claims = change_claims(iat=add_seconds(minutes * MINUTE), exp=add_seconds(minutes * MINUTE))
    assert "The clocks don’t match" in browser.sign_in().text
    assert audit("sign_in")[0].detail["reason"] in {"clock_ahead", "token_too_old"}
