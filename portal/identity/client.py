"""The OpenID Connect client: authorization requests, code exchange, userinfo and logout tokens of one issuer."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from authlib.integrations.requests_client import OAuth2Session

from portal.domain.errors import SignInRefused, SignInUnavailable
from portal.domain.identity import Identity
from portal.identity import tokens
from portal.identity.cache import TtlCache
from portal.identity.claims import build_identity, find_email_claim, has_group_overage
from portal.identity.client_auth import ClientCredentials, ClientKeyInvalid
from portal.identity.http import EndpointClient, EndpointResponse
from portal.identity.metadata import Metadata, parse_metadata
from portal.identity.tokens import AlgorithmNotAccepted, Key, SignatureUnverified, TokenExpectation, VerifiedToken
from portal.settings import Settings

log = logging.getLogger(__name__)

MAX_KEYS = 50
_TOKEN_ERRORS = {
    "invalid_grant": "code_refused",
    "invalid_client": "client_refused",
    "unauthorized_client": "client_refused",
}
_UNAUTHORIZED = 401
_SERVER_ERROR = 500

Clock = Callable[[], datetime]


@dataclass(frozen=True, kw_only=True)
class AuthorizationRequest:
    """One authorization request.

    Attributes:
        max_age: maximum age of the authentication in seconds, None for any.
        extra: further parameters, such as ``prompt`` or ``login_hint``.
    """

    state: str
    nonce: str
    verifier: str
    max_age: int | None
    extra: dict[str, str]


@dataclass(frozen=True)
class VerifiedSignIn:
    """A verified sign-in.

    Attributes:
        id_token: as received, for ``id_token_hint``.
    """

    identity: Identity
    id_token: str


class OidcClient:
    """The portal's registration at one issuer. Safe to share between threads; one per process.

    Makes no call before the first sign-in; each call ends within 5 seconds. Methods raise SignInUnavailable if
    the identity provider does not respond, SignInRefused if its response cannot be accepted.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._credentials = ClientCredentials(
            settings.oidc_client_id,
            settings.oidc_client_secret,
            settings.oidc_token_auth,
            settings.oidc_client_key,
        )
        self._endpoints = EndpointClient()
        self._metadata = TtlCache(self._fetch_metadata, clock)
        self._keys = TtlCache(self._fetch_keys, clock)

    @property
    def redirect_uri(self) -> str:
        """The address that the identity provider redirects back to."""
        return f"{self._settings.public_url}/login/callback"

    def get_metadata(self) -> Metadata:
        """Return the validated discovery document."""
        return self._metadata.get()

    def build_authorization_url(self, request: AuthorizationRequest) -> str:
        """Return the URL to redirect the browser to; pushes the request first where the provider requires it."""
        metadata = self.get_metadata()
        extra = dict(request.extra)
        if request.max_age is not None:
            extra["max_age"] = str(request.max_age)
        client = OAuth2Session(
            client_id=self._settings.oidc_client_id,
            scope=" ".join(self._settings.oidc_scopes),
            redirect_uri=self.redirect_uri,
            code_challenge_method="S256",
        )
        url, _ = client.create_authorization_url(
            metadata.authorization_endpoint,
            state=request.state,
            nonce=request.nonce,
            code_verifier=request.verifier,
            **extra,
        )
        return self._push_request(metadata, str(url)) if metadata.requires_par else str(url)

    def exchange_code(self, code: str, *, verifier: str, nonce: str, max_age: int | None) -> VerifiedSignIn:
        """Exchange an authorization code for tokens and verify them."""
        metadata = self.get_metadata()
        response = self._fetch_tokens(metadata, code, verifier)
        id_token, access_token = response.get("id_token"), response.get("access_token")
        if not isinstance(id_token, str):
            raise SignInRefused("id_token_missing")
        signed = self._verify_signature(id_token)
        tokens.check_id_token(signed, self._build_expectation(), nonce=nonce, max_age=max_age)
        tokens.check_access_token(signed.claims, access_token)
        claims = self._add_userinfo(signed.claims, metadata, access_token)
        identity = build_identity(
            claims,
            groups_claim=self._settings.oidc_groups_claim,
            email_claims=self._settings.oidc_email_claims,
            employee_claim=self._settings.oidc_employee_claim,
        )
        return VerifiedSignIn(identity, id_token)

    def verify_logout_token(self, token: object) -> dict[str, Any]:
        """Verify a back-channel logout token and return its claims."""
        signed = self._verify_signature(token)
        tokens.check_logout_token(signed, self._build_expectation())
        return signed.claims

    def check_registration(self) -> None:
        """Check metadata, keys and client credentials by exchanging a code that cannot exist.

        Raises:
            SignInRefused: the metadata cannot be used, or the client's credentials are refused.
        """
        metadata = self.get_metadata()
        self._keys.get()
        try:
            self._fetch_tokens(metadata, "portal-doctor", "portal-doctor-" + "0" * 43)
        except SignInRefused as error:
            # A provider authenticates the client before it checks the code.
            if error.reason != "code_refused":
                raise

    def _build_expectation(self) -> TokenExpectation:
        return TokenExpectation(self._settings.oidc_issuer, self._settings.oidc_client_id, self._clock())

    def _verify_signature(self, token: object) -> VerifiedToken:
        metadata = self.get_metadata()
        try:
            return tokens.verify_signature(token, self._keys.get(), metadata.algorithms)
        except AlgorithmNotAccepted:
            # The provider may have changed its algorithm; the key that goes with it is new, too.
            refetched = self._metadata.refetch()
            if refetched is None:
                raise
            return tokens.verify_signature(token, self._keys.refetch() or self._keys.get(), refetched.algorithms)
        except SignatureUnverified:
            # Keys may be rotated just before they are used.
            keys = self._keys.refetch()
            if keys is None:
                raise
            return tokens.verify_signature(token, keys, metadata.algorithms)

    def _add_userinfo(self, claims: dict[str, Any], metadata: Metadata, access_token: object) -> dict[str, Any]:
        """Return the claims completed by userinfo, where the ID token lacks a name, an address or groups.

        A userinfo endpoint that fails matters only if the address or needed groups are missing without it.
        """
        settings = self._settings
        has_email = find_email_claim(claims, settings.oidc_email_claims) is not None
        has_groups = (
            not settings.has_group_bindings
            or settings.oidc_groups_claim in claims
            or has_group_overage(claims, settings.oidc_groups_claim)
        )
        has_number = settings.oidc_employee_claim is None or settings.oidc_employee_claim in claims
        is_complete = has_email and has_groups and has_number and "name" in claims
        if is_complete or metadata.userinfo_endpoint is None or not isinstance(access_token, str):
            return claims
        try:
            userinfo = self._fetch_userinfo(metadata.userinfo_endpoint, access_token)
        except (SignInUnavailable, SignInRefused) as error:
            if not (has_email and has_groups):
                raise
            log.warning("sign_in.userinfo_unusable", extra={"reason": error.reason, "status": error.provider_status})
            return claims
        if userinfo.get("sub") != claims["sub"]:
            raise SignInRefused("userinfo_mismatch")
        return userinfo | claims

    def _fetch_userinfo(self, endpoint: str, access_token: str) -> dict[str, Any]:
        if not (access_token.isascii() and access_token.isprintable()):
            raise SignInRefused("access_token_malformed")
        response = self._endpoints.get(endpoint, bearer=access_token)
        if not response.is_ok:
            raise SignInUnavailable(provider_error=response.find_error(), provider_status=response.status)
        if response.content_type == "application/jwt":
            signed = self._verify_signature(response.content.decode("ascii", "replace"))
            tokens.check_userinfo(signed, self._build_expectation())
            return signed.claims
        return _parse_json(response)

    def _fetch_tokens(self, metadata: Metadata, code: str, verifier: str) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": verifier,
            "redirect_uri": self.redirect_uri,
        }
        response = self._post_authenticated(metadata, metadata.token_endpoint, form)
        if response.is_ok:
            return _parse_json(response)
        raise _build_token_error(response)

    def _push_request(self, metadata: Metadata, url: str) -> str:
        """Push the parameters of an authorization URL (RFC 9126); return the URL that refers to them."""
        assert metadata.par_endpoint is not None  # noqa: S101 - parse_metadata requires it with requires_par
        response = self._post_authenticated(metadata, metadata.par_endpoint, dict(parse_qsl(urlsplit(url).query)))
        if response.status not in {200, 201}:
            raise _build_token_error(response)
        request_uri = _parse_json(response).get("request_uri")
        if not isinstance(request_uri, str) or not request_uri.isprintable():
            raise SignInRefused("par_malformed")
        query = urlencode({"client_id": self._settings.oidc_client_id, "request_uri": request_uri})
        separator = "&" if urlsplit(metadata.authorization_endpoint).query else "?"
        return f"{metadata.authorization_endpoint}{separator}{query}"

    def _post_authenticated(self, metadata: Metadata, url: str, form: dict[str, str]) -> EndpointResponse:
        try:
            form, auth = self._credentials.authenticate(
                form, supported=metadata.token_auth_methods, audience=metadata.issuer, now=self._clock()
            )
        except ClientKeyInvalid as error:
            raise SignInRefused("client_key_invalid") from error
        return self._endpoints.post_form(url, form, auth)

    def _fetch_metadata(self) -> Metadata:
        issuer = self._settings.oidc_issuer
        return parse_metadata(
            self._fetch_document(f"{issuer.rstrip('/')}/.well-known/openid-configuration"), issuer=issuer
        )

    def _fetch_keys(self) -> list[Key]:
        keys = self._fetch_document(self.get_metadata().jwks_uri).get("keys")
        if not isinstance(keys, list) or len(keys) > MAX_KEYS:
            raise SignInRefused("keys_malformed")
        return [key for key in keys if isinstance(key, dict)]

    def _fetch_document(self, url: str) -> dict[str, Any]:
        response = self._endpoints.get(url)
        if not response.is_ok:
            raise SignInUnavailable(provider_status=response.status)
        return _parse_json(response)


def _parse_json(response: EndpointResponse) -> dict[str, Any]:
    try:
        return response.parse_json()
    except ValueError as error:
        raise SignInUnavailable(provider_status=response.status) from error


def _build_token_error(response: EndpointResponse) -> SignInRefused | SignInUnavailable:
    error = response.find_error()
    reason = _TOKEN_ERRORS.get(error or "", "token_refused")
    if error is None and response.status == _UNAUTHORIZED:
        reason = "client_refused"
    elif error is None or response.status >= _SERVER_ERROR:
        return SignInUnavailable(provider_error=error, provider_status=response.status)
    return SignInRefused(reason, provider_error=error, provider_status=response.status)
