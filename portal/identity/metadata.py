"""The identity provider's discovery document, validated; makes no calls."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from portal.domain.errors import SignInRefused
from portal.identity.client_auth import BASIC
from portal.identity.tokens import ALGORITHMS

_UNSAFE_URL = re.compile(r"[\x00-\x20\x7f-\U0010ffff\"'<>\\^`{|};,]")


@dataclass(frozen=True, kw_only=True)
class Metadata:
    """The validated fields of a discovery document.

    Attributes:
        algorithms: signature algorithms that both sides accept.
        token_auth_methods: client authentication methods of the token endpoint.
        sends_issuer: every authorization response carries ``iss`` (RFC 9207).
        prompts: supported ``prompt`` values, None if the document does not list them.
        par_endpoint: endpoint for pushed authorization requests (RFC 9126), None without one.
        requires_par: authorization requests must be pushed.
    """

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    end_session_endpoint: str | None
    algorithms: tuple[str, ...]
    token_auth_methods: tuple[str, ...]
    sends_issuer: bool
    prompts: tuple[str, ...] | None
    par_endpoint: str | None
    requires_par: bool

    def choose_account_prompt(self) -> str:
        """Return the ``prompt`` that makes the provider ask for an account."""
        return "login" if self.prompts is not None and "select_account" not in self.prompts else "select_account"


def parse_metadata(document: dict[str, Any], *, issuer: str) -> Metadata:
    """Validate a discovery document against the configured issuer.

    Raises:
        SignInRefused: it is another issuer's, or a needed field is missing or malformed.
    """
    if document.get("issuer") != issuer:
        raise SignInRefused("discovery_issuer_mismatch")
    requires_par = document.get("require_pushed_authorization_requests") is True
    par_endpoint = _parse_optional_endpoint(document, "pushed_authorization_request_endpoint", issuer)
    if requires_par and par_endpoint is None:
        raise SignInRefused("discovery_incomplete")
    return Metadata(
        issuer=issuer,
        authorization_endpoint=_parse_endpoint(document, "authorization_endpoint", issuer),
        token_endpoint=_parse_endpoint(document, "token_endpoint", issuer),
        jwks_uri=_parse_endpoint(document, "jwks_uri", issuer),
        userinfo_endpoint=_parse_optional_endpoint(document, "userinfo_endpoint", issuer),
        end_session_endpoint=_parse_optional_endpoint(document, "end_session_endpoint", issuer),
        algorithms=_parse_algorithms(document),
        token_auth_methods=_parse_names(document, "token_endpoint_auth_methods_supported") or (BASIC,),
        sends_issuer=document.get("authorization_response_iss_parameter_supported") is True,
        prompts=_parse_names(document, "prompt_values_supported"),
        par_endpoint=par_endpoint,
        requires_par=requires_par,
    )


def _parse_names(document: dict[str, Any], field: str) -> tuple[str, ...] | None:
    value = document.get(field)
    if not isinstance(value, list):
        return None
    return tuple(name for name in value if isinstance(name, str))


def _parse_algorithms(document: dict[str, Any]) -> tuple[str, ...]:
    supported = document.get("id_token_signing_alg_values_supported", list(ALGORITHMS))
    shared = tuple(name for name in ALGORITHMS if isinstance(supported, list) and name in supported)
    if not shared:
        raise SignInRefused("discovery_algorithms")
    return shared


def _parse_optional_endpoint(document: dict[str, Any], name: str, issuer: str) -> str | None:
    return None if document.get(name) is None else _parse_endpoint(document, name, issuer)


def _parse_endpoint(document: dict[str, Any], name: str, issuer: str) -> str:
    value = document.get(name)
    if not isinstance(value, str) or _UNSAFE_URL.search(value):
        raise SignInRefused("discovery_incomplete")
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        raise SignInRefused("discovery_incomplete") from None
    # An http endpoint is accepted only if the issuer itself is http, that is, on this machine.
    allowed = {"https", urlsplit(issuer).scheme}
    if parts.scheme not in allowed or not parts.hostname or parts.username is not None or parts.fragment:
        raise SignInRefused("discovery_incomplete")
    return value
