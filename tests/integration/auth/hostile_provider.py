"""An OpenID provider that can lie in every way a provider can; it shares no code with the portal."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

from flask import Flask, Response, jsonify, redirect, request
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, RSAKey
from werkzeug.serving import make_server

from tests.waiting import SILENT_SECONDS

CLIENT_ID = "portal"
CLIENT_SECRET = "test-oidc-secret"

KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
OTHER_KEY = RSAKey.generate_key(2048, {"kid": "two", "use": "sig"})
FOREIGN_KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
EC_KEY = ECKey.generate_key("P-256", {"kid": "ec", "use": "sig"})

Claims = dict[str, Any]


def build_key_set(*keys: Any) -> dict[str, Any]:
    """The document at the provider's jwks_uri."""
    return {"keys": [key.as_dict(private=False) for key in keys]}


def remove_key_id(key: Any) -> dict[str, Any]:
    """One public key that has no id."""
    return {name: value for name, value in key.as_dict(private=False).items() if name != "kid"}


def sign_token(claims: Claims | bytes, *, alg: str = "RS256", key: Any = KEY, **header: Any) -> str:
    """A compact token; ``header`` adds to or, with None, takes from ``alg`` and ``kid``."""
    full = {"alg": alg, "kid": key.kid if key is not None else None, **header}
    full = {name: value for name, value in full.items() if value is not None}
    payload = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    if alg == "none":
        parts = (json.dumps(full).encode(), payload, b"")
        return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
    registry = jws.JWSRegistry(algorithms=[alg], strict_check_header=False)
    return jws.serialize_compact(full, payload, key, [alg], registry)


def build_secret_key() -> OctKey:
    """The client secret as a signing key, which it must never be."""
    return OctKey.import_key(CLIENT_SECRET + "0" * 32)


def build_public_key_secret() -> OctKey:
    """The public part of the key, as if it were a shared secret."""
    return OctKey.import_key(base64.b64encode(KEY.as_pem(private=False)).decode())


@dataclass
class Lies:
    """How this sign-in differs from a valid one; with everything empty it is valid."""

    claims: Callable[[Claims], Claims] = lambda claims: claims
    token: Callable[[Claims], str] | None = None
    token_response: Callable[[dict[str, Any]], Any] | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    jwks: dict[str, Any] | None = None
    userinfo: Callable[[], Any] | None = None
    pushed: Callable[[], Any] | None = None
    silent: set[str] = field(default_factory=set)
    down: set[str] = field(default_factory=set)


class HostileProvider:
    """The server and what it does; one for a test run, reset for each test."""

    def __init__(self) -> None:
        self._closed = threading.Event()
        self._server = make_server("127.0.0.1", 0, self._app(), threaded=True)
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        self.reset(lambda: datetime.now().astimezone())

    def reset(self, clock: Callable[[], datetime]) -> None:
        """Send valid responses again."""
        self.clock = clock
        self.lies = Lies()
        self.person: Claims = {
            "sub": "alice",
            "email": "alice@example.com",
            "email_verified": True,
            "name": "Alice Example",
        }
        self.calls: Counter[str] = Counter()
        self.codes: dict[str, dict[str, str]] = {}
        self.pushed: dict[str, dict[str, str]] = {}
        self.last_token_request: dict[str, str] = {}
        self.authorizations: list[dict[str, str]] = []

    def close(self) -> None:
        """Stop serving."""
        self._closed.set()
        self._server.shutdown()
        self._thread.join(60)
        self._server.server_close()

    def visit(self, location: str, **response: str | None) -> str:
        """Act as the browser at the sign-in page: the address it is sent back to; ``parameters`` changes it."""
        parts = urlsplit(location)
        requested = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if "request_uri" in requested:
            requested = self.pushed[requested["request_uri"]]
        code = secrets.token_urlsafe(16)
        self.codes[code] = requested
        back: dict[str, str | None] = {"code": code, "state": requested["state"], **response}
        kept = {name: value for name, value in back.items() if value is not None}
        return urlsplit(requested["redirect_uri"]).path + "?" + urlencode(kept)

    def honest_claims(self, nonce: str = "", **more: Any) -> Claims:
        """The claims of a valid ID token at this time."""
        now = int(self.clock().timestamp())
        times = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300}
        return {**times, "nonce": nonce, **self.person, **more}

    def logout_token(self, key: Any = KEY, alg: str = "RS256", typ: str = "logout+jwt", **more: Any) -> str:
        """A logout token; a value of None leaves a claim out."""
        now = int(self.clock().timestamp())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 120,
            "jti": secrets.token_hex(8),
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
            **more,
        }
        return sign_token({name: v for name, v in claims.items() if v is not None}, alg=alg, key=key, typ=typ)

    def _app(self) -> Flask:
        app = Flask(__name__)

        @app.before_request
        def misbehave() -> Response | None:
            name = request.path.rpartition("/")[2]
            self.calls[name] += 1
            if name in self.lies.silent:
                self._closed.wait(SILENT_SECONDS)
            return Response("<html>down</html>", 502) if name in self.lies.down else None

        app.get("/.well-known/openid-configuration")(self._configuration)
        app.get("/jwks")(lambda: jsonify(self.lies.jwks or build_key_set(KEY)))
        app.post("/token")(self._token)
        app.get("/userinfo")(self._userinfo)
        app.post("/par")(self._push)
        app.get("/authorize")(self._authorize)
        app.get("/end")(self._end_session)
        return app

    def _configuration(self) -> Response:
        document = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "end_session_endpoint": f"{self.issuer}/end",
            "id_token_signing_alg_values_supported": ["RS256", "ES256", "PS256"],
            **self.lies.metadata,
        }
        return jsonify({name: value for name, value in document.items() if value is not None})

    def _token(self) -> Any:
        self.last_token_request = {
            **request.form.to_dict(),
            "authorization": request.headers.get("Authorization", ""),
        }
        requested = self.codes.pop(request.form["code"], None)
        if requested is None:
            return jsonify(error="invalid_grant"), 400
        digest = hashlib.sha256(request.form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if challenge != requested["code_challenge"] or requested["code_challenge_method"] != "S256":
            return jsonify(error="invalid_grant"), 400
        claims = self.lies.claims(self.honest_claims(requested["nonce"]))
        response = {
            "access_token": "access-token-canary",
            "token_type": "Bearer",
            "expires_in": 300,
            "id_token": (self.lies.token or sign_token)(claims),
        }
        if self.lies.token_response is not None:
            return self.lies.token_response(response)
        return jsonify(response)

    def _push(self) -> Any:
        if self.lies.pushed is not None:
            return self.lies.pushed()
        request_uri = f"urn:example:{secrets.token_hex(8)}"
        self.pushed[request_uri] = request.form.to_dict() | {"authorization": request.headers.get("Authorization", "")}
        return jsonify(request_uri=request_uri, expires_in=60), 201

    def _authorize(self) -> Any:
        """Act as a provider where the person is signed in: no page, straight back."""
        requested = {name: values[0] for name, values in parse_qs(request.query_string.decode()).items()}
        self.authorizations.append(requested)
        return redirect(urljoin(requested["redirect_uri"], self.visit(request.url)))

    def _end_session(self) -> Any:
        """End the session, by way of another host as providers with several do."""
        if request.host.startswith("127.0.0.1"):
            return redirect(request.url.replace("127.0.0.1", "localhost", 1))
        return redirect(f"{request.args['post_logout_redirect_uri']}?{urlencode({'state': request.args['state']})}")

    def _userinfo(self) -> Any:
        if request.headers.get("Authorization") != "Bearer access-token-canary":
            return jsonify(error="invalid_token"), 401
        return self.lies.userinfo() if self.lies.userinfo else jsonify(self.person)
