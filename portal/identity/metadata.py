"""The identity provider's description of itself, checked before a word of it is believed; no calls."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from portal.domain.errors import SignInRefused
from portal.identity.tokens import ALGORITHMS


@dataclass(frozen=True, kw_only=True)
class Metadata:
    """What the portal uses of a discovery document.

    Attributes:
        algorithms: signature algorithms that both sides accept.
        posts_secret: whether the client secret goes into the form instead of the header.
        names_itself: whether every answer carries ``iss`` (RFC 9207).
    """

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    end_session_endpoint: str | None
    algorithms: tuple[str, ...]
    posts_secret: bool
    sends_issuer: bool


def parse_metadata(document: dict[str, Any], *, issuer: str) -> Metadata:
    """Check a discovery document against the configured issuer.

    Raises:
        SignInRefused: it describes another issuer, or leaves out or garbles something that is needed.
    """
    if document.get("issuer") != issuer:
        raise SignInRefused("discovery_issuer_mismatch")
    methods = document.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    return Metadata(
        issuer=issuer,
        authorization_endpoint=_parse_endpoint(document, "authorization_endpoint", issuer),
        token_endpoint=_parse_endpoint(document, "token_endpoint", issuer),
        jwks_uri=_parse_endpoint(document, "jwks_uri", issuer),
        userinfo_endpoint=_parse_optional_endpoint(document, "userinfo_endpoint", issuer),
        end_session_endpoint=_parse_optional_endpoint(document, "end_session_endpoint", issuer),
        algorithms=_parse_algorithms(document),
        posts_secret="client_secret_basic" not in methods and "client_secret_post" in methods,
        sends_issuer=document.get("authorization_response_iss_parameter_supported") is True,
    )


def _parse_algorithms(document: dict[str, Any]) -> tuple[str, ...]:
    offered = document.get("id_token_signing_alg_values_supported", ALGORITHMS)
    shared = tuple(name for name in ALGORITHMS if isinstance(offered, list | tuple) and name in offered)
    if not shared:
        raise SignInRefused("discovery_algorithms")
    return shared


def _parse_optional_endpoint(document: dict[str, Any], name: str, issuer: str) -> str | None:
    return None if document.get(name) is None else _parse_endpoint(document, name, issuer)


def _parse_endpoint(document: dict[str, Any], name: str, issuer: str) -> str:
    value = document.get(name)
    if not isinstance(value, str) or re.search(r"[\x00-\x20\x7f-\uffff\"'<>\\^`{|};,]", value):
        raise SignInRefused("discovery_incomplete")
    try:
        parts = urlsplit(value)
    except ValueError:
        raise SignInRefused("discovery_incomplete") from None
    # Only an issuer on plain http, which means on this machine, may name plain http addresses.
    allowed = {"https", urlsplit(issuer).scheme}
    if parts.scheme not in allowed or not parts.hostname or parts.username is not None:
        raise SignInRefused("discovery_incomplete")
    return value
