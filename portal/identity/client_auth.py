"""Client authentication at the token endpoint: client_secret_basic, client_secret_post or private_key_jwt."""

from __future__ import annotations

import secrets
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote_plus

from joserfc import jwk, jwt
from joserfc.errors import JoseError
from requests import PreparedRequest
from requests.auth import AuthBase

BASIC, POST, PRIVATE_KEY_JWT = "client_secret_basic", "client_secret_post", "private_key_jwt"
# The values of OIDC_TOKEN_AUTH.
METHODS = {"basic": BASIC, "post": POST, "private_key_jwt": PRIVATE_KEY_JWT}
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_LIFETIME_S = 60


class ClientKeyInvalid(ValueError):
    """The private key for private_key_jwt cannot be used."""


@dataclass(frozen=True)
class ClientCredentials:
    """The registration at the identity provider.

    Attributes:
        method: value of OIDC_TOKEN_AUTH; None chooses by the discovery document.
        private_key: PEM of an RSA or P-256 key for private_key_jwt.
    """

    client_id: str
    secret: str
    method: str | None = None
    private_key: str | None = None

    def choose_method(self, supported: tuple[str, ...]) -> str:
        """Return the method to use with a provider that supports these."""
        if self.method is not None:
            return METHODS[self.method]
        if BASIC not in supported and POST in supported:
            return POST
        return BASIC

    def authenticate(
        self, form: dict[str, str], *, supported: tuple[str, ...], audience: str, now: datetime
    ) -> tuple[dict[str, str], AuthBase | None]:
        """Return the form with client credentials added, and the header for HTTP Basic if that is used.

        Args:
            supported: the provider's ``token_endpoint_auth_methods_supported``.
            audience: the issuer, as audience of a client assertion.

        Raises:
            ClientKeyInvalid: the private key cannot be used.
        """
        method = self.choose_method(supported)
        if method == BASIC:
            return form, BasicClientAuth(self.client_id, self.secret)
        if method == POST:
            return form | {"client_id": self.client_id, "client_secret": self.secret}, None
        assertion = self._build_assertion(audience, now)
        named = {"client_id": self.client_id, "client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
        return form | named, None

    def _build_assertion(self, audience: str, now: datetime) -> str:
        """Sign a client assertion (RFC 7523); its ``kid`` is the key's RFC 7638 thumbprint."""
        issued = int(now.timestamp())
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": audience,
            "jti": secrets.token_urlsafe(16),
            "iat": issued,
            "exp": issued + ASSERTION_LIFETIME_S,
        }
        key = self._import_key()
        algorithm = "ES256" if key.key_type == "EC" else "RS256"
        return jwt.encode({"alg": algorithm, "kid": key.thumbprint()}, claims, key)

    def _import_key(self) -> jwk.RSAKey | jwk.ECKey:
        for kind in (jwk.RSAKey, jwk.ECKey):
            try:
                return kind.import_key(self.private_key or "")
            except (JoseError, ValueError, TypeError):
                continue
        raise ClientKeyInvalid("OIDC_CLIENT_KEY is not a private RSA or P-256 key in PEM")


class BasicClientAuth(AuthBase):
    """HTTP Basic with the credentials form-encoded first, as RFC 6749 section 2.3.1 requires."""

    def __init__(self, client_id: str, secret: str) -> None:
        self._pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the Authorization header."""
        request.headers["Authorization"] = "Basic " + b64encode(self._pair.encode()).decode()
        return request
