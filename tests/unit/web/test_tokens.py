"""Reading tokens and claims: total over garbage, and exact about time."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import RSAKey

from portal.domain.errors import SignInRefused
from portal.http_client.strict_json import parse_object
from portal.identity.claims import build_identity
from portal.identity.metadata import parse_metadata
from portal.identity.tokens import (
    ALGORITHMS,
    TokenExpectation,
    VerifiedToken,
    check_access_token,
    check_id_token,
    check_logout_token,
    verify_signature,
)

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
EXPECTED = TokenExpectation("https://id.example", "portal", NOW)
KEY = RSAKey.generate_key(2048, {"kid": "one"}).as_dict(private=False)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
CLAIM_NAMES = ["iss", "sub", "aud", "azp", "exp", "iat", "nbf", "nonce", "auth_time", "events", "jti", "sid"]

CLAIM_SETTINGS: dict[str, Any] = {"groups_claim": "groups", "email_claims": ("email",)}


def encode_segment(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


@given(st.text() | st.binary() | st.none() | st.integers() | st.lists(st.text()))
def test_malformed_token_is_refused(value: object) -> None:
    with pytest.raises(SignInRefused):
        verify_signature(value, [KEY], ALGORITHMS)


@given(st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit", "jwk", "b64", "zip"]), json_values))
def test_any_header_is_refused_without_a_crash(header: dict[str, Any]) -> None:
    for alg in (header.get("alg"), "RS256"):
        token = ".".join(
            (encode_segment(json.dumps(header | {"alg": alg}).encode()), encode_segment(b"{}"), encode_segment(b"x"))
        )
        with pytest.raises(SignInRefused):
            verify_signature(token, [KEY], ALGORITHMS)


@given(st.lists(st.dictionaries(st.sampled_from(["kty", "n", "e", "kid", "use", "alg", "crv", "x"]), json_values)))
def test_any_keys_are_refused_without_a_crash(keys: list[dict[str, Any]]) -> None:
    token = ".".join(
        (encode_segment(b'{"alg":"RS256","kid":"one"}'), encode_segment(b"{}"), encode_segment(b"x" * 256))
    )
    with pytest.raises(SignInRefused):
        verify_signature(token, [{**key, "kid": "one", "kty": "RSA"} for key in keys], ALGORITHMS)


@given(st.dictionaries(st.sampled_from(CLAIM_NAMES), json_values))
@pytest.mark.asvs("A49")
def test_any_claims_are_refused_without_a_crash(claims: dict[str, Any]) -> None:
    with pytest.raises(SignInRefused):
        check_id_token(VerifiedToken({}, claims), EXPECTED, nonce="n", max_age=300)
    with pytest.raises(SignInRefused):
        check_logout_token(VerifiedToken({}, claims), EXPECTED)


def build_claims(**more: Any) -> dict[str, Any]:
    at = int(NOW.timestamp())
    times = {"iat": at, "exp": at + 60}
    return {"iss": EXPECTED.issuer, "aud": "portal", "sub": "s", "nonce": "n", **times, **more}


@pytest.mark.parametrize(
    ("claim", "seconds", "is_fine"),
    [
        ("exp", -29, True),
        ("exp", -30, False),
        ("iat", 30, True),
        ("iat", 31, False),
        ("iat", -599, True),
        ("iat", -600, False),
        ("nbf", 29, True),
        ("nbf", 30, False),
    ],
)
def test_token_times_are_checked_to_the_second(claim: str, seconds: int, is_fine: bool) -> None:
    signed = VerifiedToken({}, build_claims(**{claim: int(NOW.timestamp()) + seconds}))
    if is_fine:
        check_id_token(signed, EXPECTED, nonce="n", max_age=None)
    else:
        with pytest.raises(SignInRefused):
            check_id_token(signed, EXPECTED, nonce="n", max_age=None)


def test_small_rsa_keys_do_not_count() -> None:
    small = {"kty": "RSA", "kid": "one", "e": "AQAB", "n": encode_segment(b"\xff" * 128)}
    token = ".".join(
        (encode_segment(b'{"alg":"RS256","kid":"one"}'), encode_segment(b"{}"), encode_segment(b"x" * 128))
    )
    with pytest.raises(SignInRefused, match="token_key"):
        verify_signature(token, [small], ALGORITHMS)


def test_access_token_hash_of_the_specification() -> None:
    # OpenID Connect Core 1.0, appendix A.3.
    claims = {"at_hash": "77QmUPtjPfzWtF2AnpK9RQ"}
    check_access_token(claims, "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y")
    with pytest.raises(SignInRefused):
        check_access_token(claims, "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Z")
    with pytest.raises(SignInRefused):
        check_access_token(claims, None)
    check_access_token({}, None)


@pytest.mark.parametrize(
    "text",
    [
        *["", "x", "[]", "null", '"x"', "{{{", b"\xff"],
        *['{"a":1,"a":2}', '{"a":{"b":1,"b":1}}', '{"a":NaN}', '{"a":Infinity}'],
        *['{"a":' + "[" * 100_000, '{"a":' + "9" * 5000 + "}"],
    ],
    ids=range(13),
)
def test_strange_json_is_a_value_error(text: str | bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any kind of it
        parse_object(text)


@given(st.text() | st.binary())
def test_reading_json_raises_nothing_else(text: str | bytes) -> None:
    with suppress(ValueError):
        assert isinstance(parse_object(text), dict)


@given(st.dictionaries(st.sampled_from(["authorization_endpoint", "token_endpoint", "jwks_uri"]), json_values))
def test_any_description_is_refused_without_a_crash(document: dict[str, Any]) -> None:
    with pytest.raises(SignInRefused):
        parse_metadata({"issuer": "https://id.example", **document}, issuer="https://id.example")


def test_plain_http_addresses_need_a_plain_http_issuer() -> None:
    addresses = {name: f"http://id.example/{name}" for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
    with pytest.raises(SignInRefused, match="discovery_incomplete"):
        parse_metadata({"issuer": "https://id.example", **addresses}, issuer="https://id.example")
    assert parse_metadata({"issuer": "http://localhost", **addresses}, issuer="http://localhost").jwks_uri


def test_identity_takes_what_makes_sense_and_leaves_the_rest() -> None:
    claims = {
        "iss": "i",
        "sub": "s",
        "email": "a@b.example",
        "given_name": " Ada\u202e ",
        "family_name": "Lovelace\n",
        "groups": ["x", 7, None, "", "y"],
        "locale": 7,
        "sid": "",
        "email_verified": "true",
    }
    found = build_identity(claims, **CLAIM_SETTINGS)
    assert found.name == "Ada Lovelace"
    assert found.groups == ("x", "y")
    assert (found.locale, found.session_id, found.email_verified) == (None, None, True)
    assert build_identity(claims | {"groups": "one"}, **CLAIM_SETTINGS).groups == ("one",)
    assert build_identity(claims | {"groups": {"a": 1}}, **CLAIM_SETTINGS).groups == ()
    assert build_identity(claims | {"name": "x" * 999}, **CLAIM_SETTINGS).name == "x" * 200


@given(json_values)
def test_any_address_is_accepted_or_refused(value: Any) -> None:
    try:
        found = build_identity({"iss": "i", "sub": "s", "email": value}, **CLAIM_SETTINGS)
    except SignInRefused:
        return
    assert found.email is None or found.email.count("@") == 1
