"""The door to the company's identity provider: finds it, sends people there, redeems what they bring back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Generic, TypeVar

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session

from portal.domain.errors import PortalError, SignInRefused, SignInUnavailable
from portal.domain.identity import Identity
from portal.http_client.adapter import CappedAdapter, ResponseTooLarge, configure_session
from portal.http_client.strict_json import parse_object
from portal.identity import metadata as documents
from portal.identity import tokens
from portal.identity.claims import build_identity
from portal.identity.metadata import Metadata
from portal.identity.tokens import Key, TokenExpectation, VerifiedToken
from portal.settings import Settings

CACHE_TTL = timedelta(minutes=5)
REFETCH_COOLDOWN = timedelta(seconds=30)
FAILURE_TTL = timedelta(seconds=2)
TOTAL_S = 5.0
BYTE_CAP = 256 * 1024
_MOST_KEYS = 50
_HTTP_OK = 200

Clock = Callable[[], datetime]
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class AuthorizationRequest:
    """One request to sign somebody in.

    Attributes:
        max_age: seconds the proof may be old, None for any age.
        extra: further parameters, such as ``prompt`` or ``login_hint``.
    """

    state: str
    nonce: str
    verifier: str
    max_age: int | None
    extra: dict[str, str]


@dataclass(frozen=True)
class VerifiedSignIn:
    """A sign-in that was proved.

    Attributes:
        id_token: as received, to be handed back when the person signs out.
    """

    identity: Identity
    id_token: str


class _TtlCache(Generic[T]):
    """Something fetched, kept for a while; one fetch at a time, and a forced one only now and then.

    A failure is kept for a moment too: whoever queued behind a fetch that timed out is told at once.
    """

    def __init__(self, fetch: Callable[[], T], clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = Lock()
        self._kept: tuple[T, datetime] | None = None
        self._forced_at: datetime | None = None
        self._failure: tuple[PortalError, datetime] | None = None

    def get(self) -> T:
        with self._lock:
            if self._kept is not None and self._clock() - self._kept[1] < CACHE_TTL:
                return self._kept[0]
            return self._fetch_now()

    def refetch(self) -> T | None:
        """Return a fresh copy, or None when the last forced look is too recent."""
        with self._lock:
            now = self._clock()
            if self._forced_at is not None and now - self._forced_at < REFETCH_COOLDOWN:
                return None
            self._forced_at = now
            return self._fetch_now()

    def _fetch_now(self) -> T:
        if self._failure is not None and self._clock() - self._failure[1] < FAILURE_TTL:
            raise self._failure[0]
        try:
            found = self._fetch()
        except PortalError as error:
            self._failure = (error, self._clock())
            raise
        self._kept = (found, self._clock())
        self._failure = None
        return found


class OidcClient:
    """One issuer and our registration with it. Safe to share between threads; one per process.

    Nothing is called before the first sign-in, and each call ends within 5 seconds. Methods raise
    SignInUnavailable when the other side does not answer, SignInRefused when it answers wrongly.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._adapter = CappedAdapter(total_s=TOTAL_S, byte_cap=BYTE_CAP)
        self._metadata = _TtlCache(self._discover, clock)
        self._keys = _TtlCache(self._fetch_keys, clock)

    @property
    def redirect_uri(self) -> str:
        """Where the identity provider sends people back to."""
        return f"{self._settings.public_url}/login/callback"

    def get_metadata(self) -> Metadata:
        """Return the checked description of the identity provider."""
        return self._metadata.get()

    def build_authorization_url(self, request: AuthorizationRequest) -> str:
        """Return the address to send a person to."""
        extra = dict(request.extra)
        if request.max_age is not None:
            extra["max_age"] = str(request.max_age)
        url, _ = self._build_client(self.get_metadata()).create_authorization_url(
            self.get_metadata().authorization_endpoint,
            state=request.state,
            nonce=request.nonce,
            code_verifier=request.verifier,
            **extra,
        )
        return str(url)

    def exchange_code(self, code: str, *, verifier: str, nonce: str, max_age: int | None) -> VerifiedSignIn:
        """Turn the code a person brought back into a proof of who they are."""
        metadata = self.get_metadata()
        answer = self._fetch_tokens(metadata, code, verifier)
        id_token = answer.get("id_token")
        if not isinstance(id_token, str):
            raise SignInRefused("id_token_missing")
        signed = self._verify_signature(id_token, metadata)
        tokens.check_id_token(signed, self._build_expectation(), nonce=nonce, max_age=max_age)
        tokens.check_access_token(signed.claims, answer.get("access_token"))
        claims = self._add_userinfo(signed.claims, metadata, answer.get("access_token"))
        return VerifiedSignIn(build_identity(claims, self._settings.oidc_groups_claim), id_token)

    def verify_logout_token(self, token: object) -> dict[str, Any]:
        """Return the claims of a logout token after checking it."""
        signed = self._verify_signature(token, self.get_metadata())
        tokens.check_logout_token(signed, self._build_expectation())
        return signed.claims

    def _build_expectation(self) -> TokenExpectation:
        return TokenExpectation(self._settings.oidc_issuer, self._settings.oidc_client_id, self._clock())

    def _verify_signature(self, token: object, metadata: Metadata) -> VerifiedToken:
        try:
            return tokens.verify_signature(token, self._keys.get(), metadata.algorithms)
        except tokens.SignatureUnverified:
            # Keys rotate, sometimes just before they are used; one fresh look settles it.
            fresh = self._keys.refetch()
            if fresh is None:
                raise
            return tokens.verify_signature(token, fresh, metadata.algorithms)

    def _add_userinfo(self, claims: dict[str, Any], metadata: Metadata, access_token: object) -> dict[str, Any]:
        wanted = {"email", "name"}
        if self._settings.has_group_bindings:
            wanted.add(self._settings.oidc_groups_claim)
        if wanted <= claims.keys() or metadata.userinfo_endpoint is None or not isinstance(access_token, str):
            return claims
        found = self._get(metadata.userinfo_endpoint, {"Authorization": f"Bearer {access_token}"})
        if found.get("sub") != claims["sub"]:
            raise SignInRefused("userinfo_mismatch")
        return found | claims

    def _fetch_tokens(self, metadata: Metadata, code: str, verifier: str) -> dict[str, Any]:
        client = self._build_client(metadata)
        try:
            answer = client.fetch_token(
                metadata.token_endpoint,
                grant_type="authorization_code",
                code=code,
                code_verifier=verifier,
                redirect_uri=self.redirect_uri,
                allow_redirects=False,
            )
        except OAuthError as error:
            known = {"invalid_grant": "code_refused", "invalid_client": "client_refused"}
            raise SignInRefused(known.get(str(error.error), "token_refused")) from None
        except ResponseTooLarge as error:
            raise SignInRefused("answer_too_large") from error
        except (requests.RequestException, AuthlibBaseError, ValueError, TypeError) as error:
            raise SignInUnavailable from error
        return dict(answer)

    def _build_client(self, metadata: Metadata) -> OAuth2Session:
        client = OAuth2Session(
            client_id=self._settings.oidc_client_id,
            client_secret=self._settings.oidc_client_secret,
            token_endpoint_auth_method=("client_secret_post" if metadata.posts_secret else "client_secret_basic"),
            scope=" ".join(self._settings.oidc_scopes),
            redirect_uri=self.redirect_uri,
            code_challenge_method="S256",
        )
        configure_session(client, self._adapter)
        return client

    def _discover(self) -> Metadata:
        issuer = self._settings.oidc_issuer
        document = self._get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        return documents.parse_metadata(document, issuer=issuer)

    def _fetch_keys(self) -> list[Key]:
        keys = self._get(self.get_metadata().jwks_uri).get("keys")
        if not isinstance(keys, list) or len(keys) > _MOST_KEYS:
            raise SignInRefused("keys_malformed")
        return [key for key in keys if isinstance(key, dict)]

    def _get(self, url: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
        with requests.Session() as session:
            configure_session(session, self._adapter)
            try:
                response = session.get(
                    url, headers={"Accept": "application/json"} | (headers or {}), allow_redirects=False
                )
                if response.status_code != _HTTP_OK:
                    raise SignInUnavailable
                return parse_object(response.content)
            except ResponseTooLarge as error:
                raise SignInRefused("answer_too_large") from error
            except (requests.RequestException, ValueError) as error:
                raise SignInUnavailable from error
