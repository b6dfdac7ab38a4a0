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
    public,
    public_half,
    secret_key,
    sign,
    without_kid,
)

Audit = Callable[[str], list[AuditEntry]]
MINUTE, HOUR, DAY = 60, 3600, 86400


def sets(**changes: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Change claims; None removes one, a function changes what is there."""

    def change(claims: dict[str, Any]) -> dict[str, Any]:
        new = {name: value(claims.get(name)) if callable(value) else value for name, value in changes.items()}
        return {name: value for name, value in (claims | new).items() if value is not None}

    return change


def plus(seconds: int) -> Callable[[int], int]:
    return lambda value: value + seconds


@dataclass
class Case:
    """One lie and the reason it is refused with."""

    id: str
    reason: str
    lies: dict[str, Any] = field(default_factory=dict)
    answer: dict[str, str | None] = field(default_factory=dict)
    status: int = 400


def claims(id: str, reason: str, status: int = 400, **changes: Any) -> Case:
    return Case(id, reason, {"claims": sets(**changes)}, status=status)


def token(id: str, reason: str, made: Callable[[dict[str, Any]], str], **lies: Any) -> Case:
    return Case(id, reason, {"token": made, **lies})


def duplicate_keys(found: dict[str, Any]) -> str:
    return sign(json.dumps(found)[:-1].encode() + b', "sub": "mallory"}')


CASES = [
    claims("issuer is another", "issuer_mismatch", iss="https://evil.example"),
    claims("issuer is a list", "issuer_mismatch", iss=lambda value: [value]),
    claims("issuer with a slash more", "issuer_mismatch", iss=lambda value: value + "/"),
    claims("audience is another", "audience_mismatch", aud="other"),
    claims("audience is missing", "audience_mismatch", aud=None),
    claims("audience is another, authorized party is us", "audience_mismatch", aud="other", azp=CLIENT_ID),
    claims("audience list without us", "audience_mismatch", aud=["other"], azp=CLIENT_ID),
    claims("audience list, authorized party is another", "audience_mismatch", aud=[CLIENT_ID, "other"], azp="other"),
    claims("audience list, no authorized party", "audience_mismatch", aud=[CLIENT_ID, "other"]),
    claims("authorized party is another", "audience_mismatch", azp="other"),
    claims("audience is empty", "audience_mismatch", aud=[]),
    claims("subject is missing", "subject_missing", sub=None),
    claims("subject is a number", "subject_missing", sub=7),
    claims("subject is empty", "subject_missing", sub=""),
    claims("subject is a list", "subject_missing", sub=["alice"]),
    claims("subject is endless", "subject_missing", sub="a" * 256),
    claims("issue time is missing", "token_too_old", iat=None),
    claims("issue time is a word", "token_too_old", iat="now"),
    claims("issue time is no number a clock knows", "token_too_old", iat=10**400),
    claims("expiry is missing", "token_expired", exp=None),
    claims("expiry is true", "token_expired", exp=True),
    claims("issued an hour ahead", "clock_ahead", iat=plus(HOUR)),
    claims("issued five minutes ahead", "clock_ahead", iat=plus(5 * MINUTE)),
    claims("not valid yet", "clock_ahead", nbf=lambda _: 10**10),
    claims("expired a minute ago", "token_expired", exp=plus(-360)),
    claims("issued a day ago", "token_too_old", iat=plus(-DAY)),
    claims("nonce is wrong", "nonce_mismatch", nonce="other"),
    claims("nonce is missing", "nonce_mismatch", nonce=None),
    claims("nonce is not text", "nonce_mismatch", nonce=["x"]),
    claims("access token hash is wrong", "access_token_mismatch", at_hash="x" * 22),
    claims("access token hash is not text", "access_token_mismatch", at_hash=7),
    claims("a logout token's events", "token_type", events={}),
    Case(
        "no address at all",
        "email_missing",
        {"claims": sets(email=None), "userinfo": lambda: {"sub": "alice"}},
        status=403,
    ),
    claims("address of a foreign domain", "domain_not_allowed", 403, email="eve@evil.example"),
    claims("address of a domain that ends alike", "domain_not_allowed", 403, email="eve@notexample.com"),
    claims("address with two at signs", "email_malformed", email="eve@evil.example@example.com"),
    claims("address that breaks a mail header", "email_malformed", email="eve@example.com\nBcc: x"),
    claims("address is a list", "email_malformed", email=["alice@example.com"]),
    claims("address is not verified", "email_unverified", 403, email_verified=False),
    claims("address is not verified, as a word", "email_unverified", 403, email_verified="false"),
    token("no key id and several keys", "token_key", lambda c: sign(c, kid=None), jwks=public(KEY, OTHER_KEY)),
    token("not signed", "token_malformed", lambda c: sign(c, alg="none")),
    token(
        "not signed, and the provider lists that",
        "token_malformed",
        lambda c: sign(c, alg="none"),
        metadata={"id_token_signing_alg_values_supported": ["none", "RS256"]},
    ),
    token("not signed, with a signature", "token_algorithm", lambda c: sign(c, alg="none") + "eA"),
    token("foreign key under our key's id", "token_signature", lambda c: sign(c, key=FOREIGN_KEY)),
    token("unknown key id", "token_key", lambda c: sign(c, key=OTHER_KEY)),
    token("shared secret", "token_algorithm", lambda c: sign(c, alg="HS256", key=secret_key(), kid="one")),
    token(
        "shared secret, and the provider lists that",
        "token_algorithm",
        lambda c: sign(c, alg="HS256", key=secret_key(), kid="one"),
        metadata={"id_token_signing_alg_values_supported": ["HS256", "RS256"]},
    ),
    token(
        "our key's public half as a shared secret",
        "token_algorithm",
        lambda c: sign(c, alg="HS256", key=public_half(), kid="one"),
        metadata={"id_token_signing_alg_values_supported": ["HS256", "RS256"]},
    ),
    token("algorithm not in the provider's list", "token_algorithm", lambda c: sign(c, alg="RS512")),
    token(
        "the sender's own key in the header",
        "token_signature",
        lambda c: sign(c, key=FOREIGN_KEY, jwk=FOREIGN_KEY.as_dict(private=False)),
    ),
    token("an address for keys in the header", "token_key", lambda c: sign(c, kid="x", jku="http://127.0.0.1/")),
    token("a header marked critical", "token_header", lambda c: sign(c, crit=["kid"])),
    token("a logout token as ID token", "token_type", lambda c: sign(c, typ="logout+jwt")),
    token("an access token as ID token", "token_type", lambda c: sign(c, typ="at+jwt")),
    token("not a token", "token_malformed", lambda _: "not.a.token!"),
    token("two parts", "token_malformed", lambda c: sign(c).rpartition(".")[0]),
    token("megabyte token", "answer_too_large", lambda c: sign(c | {"x": "x" * 1_000_000})),
    token("100 kB token", "token_malformed", lambda c: sign(c | {"x": "x" * 100_000})),
    token("a claim twice", "token_malformed", duplicate_keys),
    token("claims are a list", "token_malformed", lambda _: sign(b"[]")),
    token("claims are deep", "token_malformed", lambda _: sign(b'{"a":' + b"[" * 20_000 + b"]" * 20_000 + b"}")),
    token("claims hold NaN", "token_malformed", lambda _: sign(b'{"exp": NaN}')),
    token("claims are not text", "token_malformed", lambda _: sign(b"\xff\xfe")),
    Case("no ID token", "id_token_missing", {"token_answer": lambda a: a | {"id_token": None}}),
    Case("ID token is an object", "id_token_missing", {"token_answer": lambda a: a | {"id_token": {}}}),
    Case(
        "client may not do this", "client_refused", {"token_answer": lambda _: ({"error": "unauthorized_client"}, 400)}
    ),
    Case("client is refused", "client_refused", {"token_answer": lambda _: ({"error": "invalid_client"}, 401)}),
    Case("code is refused", "code_refused", {"token_answer": lambda _: ({"error": "invalid_grant"}, 400)}),
    Case("an unknown error", "token_refused", {"token_answer": lambda _: ({"error": "<script>"}, 400)}),
    Case("answer names another issuer", "answer_from_other_issuer", answer={"iss": "https://evil.example"}),
    Case(
        "answer names no issuer though promised",
        "answer_without_issuer",
        {"metadata": {"authorization_response_iss_parameter_supported": True}},
    ),
    Case("code and error together", "answer_ambiguous", answer={"error": "access_denied"}),
    Case("neither code nor error", "code_missing", answer={"code": None}),
    Case("canceled", "cancelled", answer={"code": None, "error": "access_denied"}),
    Case("error of the provider", "provider_refused", answer={"code": None, "error": "server_error"}),
    Case("login required though not silent", "provider_refused", answer={"code": None, "error": "login_required"}),
]


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
@pytest.mark.asvs("A49")
def test_invalid_claim_is_refused(case: Case, make_app: Any, provider: HostileProvider, audit: Audit) -> None:
    browser = Browser(make_app(allowed_email_domains=frozenset({"example.com"})).test_client(), provider)
    for name, lie in case.lies.items():
        setattr(provider.lies, name, lie)
    answer = browser.get(provider.visit(browser.begin(), **case.answer))
    assert answer.status_code == case.status
    assert "<h1>" in answer.text
    assert "script>" not in answer.text
    assert [entry.detail["reason"] for entry in audit("sign_in")] == [case.reason]
    assert not browser.is_signed_in()


HONEST = {
    "one key and no key id": {"token": lambda c: sign(c, kid=None), "jwks": {"keys": [without_kid(KEY)]}},
    "ES256": {"token": lambda c: sign(c, alg="ES256", key=EC_KEY), "jwks": public(KEY, EC_KEY)},
    "PS256": {"token": lambda c: sign(c, alg="PS256")},
    "audience is a list with others, authorized party is us": {
        "claims": sets(aud=["project", CLIENT_ID], azp=CLIENT_ID)
    },
    "audience is a list of us": {"claims": sets(aud=[CLIENT_ID], azp=CLIENT_ID)},
    "issued 25 seconds ahead": {"claims": sets(iat=plus(25))},
    "expired 25 seconds ago": {"claims": sets(exp=plus(-325))},
    "address verification not mentioned": {"claims": sets(email_verified=None)},
    "address only in userinfo": {"claims": sets(email=None, name=None)},
    "keys of other kinds around": {"jwks": {"keys": [secret_key().as_dict(), "x", {}, *public(KEY)["keys"]]}},
    "token type in capitals": {"token": lambda c: sign(c, typ="JWT")},
    "header fields we do not know": {"token": lambda c: sign(c, foo="bar")},
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


@pytest.mark.parametrize(("answer", "reason", "status"), USERINFO.values(), ids=USERINFO)
def test_userinfo_that_cannot_be_used(answer: Any, reason: str, status: int, browser: Browser, audit: Audit) -> None:
    browser.provider.lies.claims = sets(email=None)
    browser.provider.lies.userinfo = answer
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
    answer = browser.get("/login")
    assert answer.status_code == 400
    assert [entry.detail["reason"] for entry in audit("sign_in")] == [reason]


@pytest.mark.parametrize("minutes", [5, -11])
def test_clocks_that_disagree_are_named(minutes: int, browser: Browser, audit: Audit) -> None:
    """Whichever of the two is wrong."""
    browser.provider.lies.claims = sets(iat=plus(minutes * MINUTE), exp=plus(minutes * MINUTE))
    assert "The clocks don’t match" in browser.sign_in().text
    assert audit("sign_in")[0].detail["reason"] in {"clock_ahead", "token_too_old"}
