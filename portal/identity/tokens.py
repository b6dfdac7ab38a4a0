"""Verifies signed tokens: signature, then claims. Pure functions; any input gives a value or SignInRefused.

The signature check itself is joserfc's. The rules are those of OpenID Connect Core 3.1.3.7 and Back-Channel
Logout 2.6, in places stricter: recently issued and never signed with a shared secret.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from joserfc import jwk, jws
from joserfc.errors import JoseError

from portal.domain.errors import SignInRefused
from portal.http_client.strict_json import parse_object

ALGORITHMS = ("RS256", "ES256", "PS256")
LEEWAY = timedelta(seconds=30)
MAX_TOKEN_AGE = timedelta(minutes=10)
MAX_TOKEN_CHARS = 64 * 1024
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"

_COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")
_KEY_TYPE = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC"}
_SMALLEST_RSA_BYTES = 256
MAX_IDENTIFIER_CHARS = 255

Key = dict[str, Any]
Claims = dict[str, Any]


class SignatureUnverified(SignInRefused):
    """No known key verifies the signature; refetching the identity provider's keys may help."""


class AlgorithmNotAccepted(SignInRefused):
    """The algorithm is not in the provider's list; refetching its metadata may help."""


@dataclass(frozen=True)
class TokenExpectation:
    """Expected claims of a token.

    Attributes:
        now: current time, UTC-aware.
    """

    issuer: str
    client_id: str
    now: datetime


@dataclass(frozen=True)
class VerifiedToken:
    """A token with a verified signature."""

    header: dict[str, Any]
    claims: Claims


def verify_signature(token: object, keys: Sequence[Key], algorithms: Sequence[str]) -> VerifiedToken:
    """Check the signature of a compact token.

    Raises:
        SignatureUnverified: no key verifies it.
        AlgorithmNotAccepted: the algorithm is not one of ``algorithms``.
        SignInRefused: it is not a signed compact token.
    """
    if not isinstance(token, str) or len(token) > MAX_TOKEN_CHARS:
        raise SignInRefused("token_malformed")
    parts = _COMPACT.fullmatch(token)
    if parts is None:
        raise SignInRefused("token_malformed")
    header = _parse_header(parts[1])
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in _KEY_TYPE:
        raise SignInRefused("token_algorithm")
    if algorithm not in algorithms:
        raise AlgorithmNotAccepted("token_algorithm")
    # Extensions are not supported, and a critical one must not be ignored.
    if "crit" in header or "b64" in header:
        raise SignInRefused("token_header")
    key = _select_key(header, keys)
    try:
        found = jws.deserialize_compact(
            token,
            jwk.import_key(key),
            [algorithm],
            jws.JWSRegistry(algorithms=[algorithm], strict_check_header=False),
        )
    except (JoseError, ValueError, TypeError, ArithmeticError, LookupError, AttributeError) as error:
        raise SignatureUnverified("token_signature") from error
    return VerifiedToken(header, _parse_claims(found.payload))


def _select_key(header: dict[str, Any], keys: Sequence[Key]) -> Key:
    fitting = [key for key in keys if _can_verify(key, header)]
    if len(fitting) != 1:
        # Without a key id, several candidate keys are ambiguous.
        raise SignatureUnverified("token_key")
    return fitting[0]


def _can_verify(key: Key, header: dict[str, Any]) -> bool:
    algorithm = header["alg"]
    if key.get("kty") != _KEY_TYPE[algorithm] or key.get("use", "sig") != "sig":
        return False
    if key.get("alg", algorithm) != algorithm:
        return False
    if "kid" in header and key.get("kid") != header["kid"]:
        return False
    if key["kty"] == "EC":
        return key.get("crv") == "P-256"
    return len(_decode_segment(key.get("n"))) >= _SMALLEST_RSA_BYTES


def check_id_token(signed: VerifiedToken, expected: TokenExpectation, *, nonce: str, max_age: int | None) -> None:
    """Check the claims of an ID token.

    Args:
        max_age: seconds the person's last proof of who they are may be old, None when it was not required.

    Raises:
        SignInRefused: they are not what this sign-in needs.
    """
    claims = signed.claims
    if _get_type(signed) not in {"", "jwt"} or "events" in claims:
        raise SignInRefused("token_type")
    _check_common(claims, expected)
    if not _is_audience(claims, expected.client_id):
        raise SignInRefused("audience_mismatch")
    _check_subject(claims)
    if not _is_before(expected.now - LEEWAY, claims.get("exp")):
        raise SignInRefused("token_expired")
    if not isinstance(claims.get("nonce"), str) or not _is_equal(claims["nonce"], nonce):
        raise SignInRefused("nonce_mismatch")
    if max_age is not None:
        authenticated = _to_timestamp(claims.get("auth_time"))
        if authenticated is None or expected.now.timestamp() - authenticated > max_age + LEEWAY.total_seconds():
            raise SignInRefused("proof_too_old")


def check_access_token(claims: Claims, access_token: object) -> None:
    """Check ``at_hash``, if there is one, against the access token."""
    stated = claims.get("at_hash")
    if stated is None:
        return
    if not isinstance(stated, str) or not isinstance(access_token, str):
        raise SignInRefused("access_token_mismatch")
    half = hashlib.sha256(_encode(access_token)).digest()[:16]
    if not _is_equal(stated, urlsafe_b64encode(half).rstrip(b"=").decode()):
        raise SignInRefused("access_token_mismatch")


def check_logout_token(signed: VerifiedToken, expected: TokenExpectation) -> None:
    """Check the claims of a logout token.

    Raises:
        SignInRefused: it is not a valid logout token.
    """
    claims = signed.claims
    if _get_type(signed) not in {"", "jwt", "logout+jwt"}:
        raise SignInRefused("token_type")
    _check_common(claims, expected)
    if claims.get("aud") not in (expected.client_id, [expected.client_id]):
        raise SignInRefused("audience_mismatch")
    if "exp" in claims and not _is_before(expected.now - LEEWAY, claims["exp"]):
        raise SignInRefused("token_expired")
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
        raise SignInRefused("logout_event")
    if "nonce" in claims:
        raise SignInRefused("logout_nonce")
    if not _is_identifier(claims.get("jti")):
        raise SignInRefused("logout_id")
    if "sub" in claims:
        _check_subject(claims)
    if "sid" in claims and not _is_identifier(claims["sid"]):
        raise SignInRefused("logout_session")
    if "sub" not in claims and "sid" not in claims:
        raise SignInRefused("logout_nobody")


def check_userinfo(signed: VerifiedToken, expected: TokenExpectation) -> None:
    """Check issuer and audience of signed userinfo (OpenID Connect Core 5.3.2), where it names them.

    Raises:
        SignInRefused: it is for another client, or another issuer's.
    """
    audience = signed.claims.get("aud", expected.client_id)
    if signed.claims.get("iss", expected.issuer) != expected.issuer:
        raise SignInRefused("userinfo_mismatch")
    if audience != expected.client_id and not (isinstance(audience, list) and expected.client_id in audience):
        raise SignInRefused("userinfo_mismatch")


def _check_common(claims: Claims, expected: TokenExpectation) -> None:
    if claims.get("iss") != expected.issuer:
        raise SignInRefused("issuer_mismatch")
    if claims.get("azp", expected.client_id) != expected.client_id:
        raise SignInRefused("audience_mismatch")
    if _is_before(expected.now + LEEWAY, claims.get("iat")):
        raise SignInRefused("clock_ahead")
    if not _is_before(expected.now - MAX_TOKEN_AGE, claims.get("iat")):
        raise SignInRefused("token_too_old")
    if "nbf" in claims and not _is_before(claims["nbf"], expected.now + LEEWAY):
        raise SignInRefused("clock_ahead")


def _is_audience(claims: Claims, client_id: str) -> bool:
    """Return whether the token is for this client: alone, or with others if ``azp`` names it (Zitadel, Oracle)."""
    audience = claims.get("aud")
    if audience in (client_id, [client_id]):
        return True
    return isinstance(audience, list) and client_id in audience and claims.get("azp") == client_id


def _check_subject(claims: Claims) -> None:
    if not _is_identifier(claims.get("sub")):
        raise SignInRefused("subject_missing")


def _is_identifier(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAX_IDENTIFIER_CHARS and value.isprintable()


def _is_before(earlier: object, later: object) -> bool:
    left, right = _to_timestamp(earlier), _to_timestamp(later)
    return left is not None and right is not None and left < right


def _to_timestamp(value: object) -> float | None:
    if isinstance(value, datetime):
        return value.timestamp()
    # Larger numbers are not dates, and an integer of a thousand digits does not fit a float.
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 10**11:
        return float(value)
    return None


def _get_type(signed: VerifiedToken) -> str:
    return str(signed.header.get("typ", "")).casefold().removeprefix("application/")


def _is_equal(left: str, right: str) -> bool:
    return hmac.compare_digest(_encode(left), _encode(right))


def _encode(text: str) -> bytes:
    # JSON can hold lone surrogates, which plain UTF-8 cannot.
    return text.encode("utf-8", "surrogatepass")


def _parse_header(segment: str) -> dict[str, Any]:
    try:
        return parse_object(_decode_segment(segment))
    except ValueError:
        raise SignInRefused("token_malformed") from None


def _parse_claims(payload: bytes) -> Claims:
    try:
        return parse_object(payload)
    except ValueError:
        raise SignInRefused("token_malformed") from None


def _decode_segment(text: object) -> bytes:
    if not isinstance(text, str):
        return b""
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return b""
