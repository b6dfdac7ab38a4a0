"""Every response of an identity provider is a value that can be stored, or one refusal: arbitrary JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.errors import SignInRefused, SignInUnavailable
from portal.domain.text import is_storable
from portal.identity import tokens
from portal.identity.claims import build_identity
from portal.identity.client import _build_token_error
from portal.identity.http import EndpointResponse
from portal.identity.metadata import parse_metadata
from portal.identity.tokens import TokenExpectation, VerifiedToken

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ISSUER = "https://id.example"
EXPECTED = TokenExpectation(ISSUER, "portal", NOW)

# Lone surrogates, NUL and numbers without an end included: JSON can spell all of them.
texts = st.text(st.characters(codec=None), max_size=12) | st.sampled_from(["\ud800", "\x00", "portal", ISSUER, "true"])
numbers = st.integers() | st.floats() | st.sampled_from([1e999, 10**400, NOW.timestamp(), int(NOW.timestamp())])
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
CLAIMS = ["iss", "aud", "azp", "sub", "iat", "exp", "nbf", "nonce", "auth_time", "at_hash", "email", "email_verified"]
CLAIMS += ["name", "given_name", "family_name", "groups", "locale", "sid", "hasgroups", "_claim_names", "events", "jti"]
CLAIMS += ["oid", "preferred_username", "employee_number", "picture", "zoneinfo"]
claims = st.dictionaries(st.sampled_from(CLAIMS), values)
right = {"iss": ISSUER, "aud": "portal", "sub": "alice", "iat": int(NOW.timestamp()), "exp": int(NOW.timestamp()) + 60}


@given(claims, st.booleans(), st.sampled_from([None, 300]))
def test_claims_of_an_id_token(odd: dict[str, Any], is_based_on_right: bool, max_age: int | None) -> None:
    found = (right | {"nonce": "n"} | odd) if is_based_on_right else odd
    signed = VerifiedToken({"alg": "RS256"}, found)
    try:
        tokens.check_id_token(signed, EXPECTED, nonce="n", max_age=max_age)
        tokens.check_access_token(found, odd.get("at_hash"))
        identity = build_identity(
            found, groups_claim="groups", email_claims=("email", "name"), employee_claim="employee_number"
        )
    except SignInRefused:
        return
    stored = [identity.subject, identity.email, identity.name, identity.locale, identity.session_id, *identity.groups]
    stored += [identity.oid, identity.preferred_username, identity.employee_number, identity.picture, identity.zoneinfo]
    assert all(is_storable(text) for text in stored if text is not None)


@given(claims)
def test_claims_of_a_logout_token(odd: dict[str, Any]) -> None:
    event = {tokens.LOGOUT_EVENT: {}}
    signed = VerifiedToken({"alg": "RS256", "typ": "logout+jwt"}, right | {"jti": "j", "events": event} | odd)
    try:
        tokens.check_logout_token(signed, EXPECTED)
    except SignInRefused:
        return
    named = [signed.claims.get(name) for name in ("jti", "sub", "sid")]
    assert all(is_storable(text) for text in named if text is not None)


@given(st.lists(values | st.dictionaries(st.sampled_from(["kty", "kid", "n", "e", "x", "crv", "use", "alg"]), values)))
def test_keys(keys: list[Any]) -> None:
    token = "eyJhbGciOiJSUzI1NiJ9.e30.AAAA"
    with pytest.raises(SignInRefused):
        tokens.verify_signature(token, [key for key in keys if isinstance(key, dict)], ["RS256"])


@given(texts | st.binary().map(lambda data: data.decode("latin-1")) | values)
def test_token(token: object) -> None:
    with pytest.raises(SignInRefused):
        tokens.verify_signature(token, [], ["RS256", "ES256", "PS256"])


FIELDS = ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint", "end_session_endpoint"]
FIELDS += ["id_token_signing_alg_values_supported", "token_endpoint_auth_methods_supported", "prompt_values_supported"]
FIELDS += ["pushed_authorization_request_endpoint", "require_pushed_authorization_requests"]
urls = st.sampled_from([f"{ISSUER}/x", "https://[::1", "https://a:b@c/", "http://id.example/", "https://id.example:x/"])


@given(st.dictionaries(st.sampled_from(FIELDS), values | urls))
def test_discovery_document(odd: dict[str, Any]) -> None:
    base = {"issuer": ISSUER} | dict.fromkeys(FIELDS[1:4], f"{ISSUER}/x")
    try:
        metadata = parse_metadata(base | odd, issuer=ISSUER)
    except SignInRefused:
        return
    assert metadata.token_endpoint.startswith("https://")
    assert metadata.choose_account_prompt() in {"login", "select_account"}


@given(st.integers(100, 599), values | st.dictionaries(st.just("error"), values))
def test_error_of_the_token_endpoint(status: int, body: Any) -> None:
    error = _build_token_error(EndpointResponse(status, "application/json", json.dumps(body).encode()))
    assert isinstance(error, SignInRefused | SignInUnavailable)
    assert error.provider_error is None or error.provider_error.isascii()
