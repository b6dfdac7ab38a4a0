"""The environment of the demo's parts, and their generated secrets."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from demo.people import ADMIN, MANAGER, OPERATOR, TEAM
from demo.ports import Ports

DATABASE = "headshots"
# Settings of a real portal in the caller's shell must not reach the demo.
_EXCLUDED_PREFIXES = (
    "HEADSHOT_",
    "OIDC_",
    "BRAND_",
    "MAIL_",
    "ADMIN_",
    "OPERATOR_",
    "TEAM_",
    "STORAGE_",
    "GUNICORN_",
    "PG",
    "SANDBOX_",
)
_EXCLUDED = frozenset(
    {
        "ALLOWED_EMAIL_DOMAINS",
        "BIND",
        "CONTAINER_VERSION",
        "DATABASE_CONNECTIONS",
        "DATABASE_URL",
        "DYNO",
        "FLY_APP_NAME",
        "METRICS_TOKEN",
        "PORT",
        "PUBLIC_URL",
        "RAILWAY_PROJECT_ID",
        "RENDER",
        "SECRET_KEY",
        "SENTRY_DSN",
        "SUPPORT_EMAIL",
        "TRUSTED_PROXIES",
        "WEB_CONCURRENCY",
    }
)


@dataclass(frozen=True, repr=False)
class Secrets:
    """Keys of one demo. They persist, so that its data and sessions stay readable."""

    secret_key: str
    oidc_client_secret: str
    api_key: str
    webhook_secret: str
    metrics_token: str

    @classmethod
    def load_or_create(cls, path: Path) -> Secrets:
        """Read the secrets, or create and store them (readable by the owner only)."""
        try:
            return cls(**json.loads(path.read_text()))
        except FileNotFoundError:
            fresh = cls(
                secret_key=secrets.token_hex(32),
                oidc_client_secret=secrets.token_urlsafe(24),
                api_key=f"sandbox-{secrets.token_urlsafe(24)}",
                webhook_secret=secrets.token_hex(32),
                metrics_token=secrets.token_urlsafe(24),
            )
            path.touch(mode=0o600)
            path.write_text(json.dumps(asdict(fresh), indent=2) + "\n")
            return fresh


@dataclass(frozen=True)
class Addresses:
    """The URLs of the parts, for browsers and for each other.

    Portal and studio are on different sites, so that the frame is cross-site as in production.
    """

    portal: str
    sandbox: str
    identity: str

    @classmethod
    def for_ports(cls, ports: Ports) -> Addresses:
        """Build the URLs for these ports."""
        return cls(
            portal=f"http://localhost:{ports.portal}",
            sandbox=f"http://127.0.0.1:{ports.sandbox}",
            identity=f"http://127.0.0.1:{ports.identity}",
        )


def build_base_environment(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Build the caller's environment without settings of a portal."""
    inherited = {
        name: value
        for name, value in environ.items()
        if name not in _EXCLUDED and not name.startswith(_EXCLUDED_PREFIXES)
    }
    # The parts call each other on loopback, without a proxy.
    return inherited | {
        "NO_PROXY": "localhost,127.0.0.1",
        "no_proxy": "localhost,127.0.0.1",
        "PYTHONUNBUFFERED": "1",
    }


def build_portal_environment(
    *, addresses: Addresses, ports: Ports, secrets: Secrets, brand: str, database_url: str, photos: Path
) -> dict[str, str]:
    """Build the settings of the demo's portal and worker."""
    return {
        "ADMIN_EMAILS": ADMIN.email,
        "BIND": f"127.0.0.1:{ports.portal}",
        "BRAND_NAME": "Example Company",
        "DATABASE_URL": database_url,
        "HEADSHOT_API_KEY": secrets.api_key,
        "HEADSHOT_API_URL": f"{addresses.sandbox}/api/v2",
        "HEADSHOT_EMBED_ORIGINS": addresses.sandbox,
        "HEADSHOT_PHOTO_ORIGINS": addresses.sandbox,
        "HEADSHOT_PROVIDER": brand,
        "HEADSHOT_WEBHOOK_SECRET": secrets.webhook_secret,
        "METRICS_TOKEN": secrets.metrics_token,
        "OIDC_CLIENT_ID": "headshot-portal",
        "OIDC_CLIENT_SECRET": secrets.oidc_client_secret,
        "OIDC_ISSUER": addresses.identity,
        "OPERATOR_EMAILS": OPERATOR.email,
        "PORT": str(ports.portal),
        "PUBLIC_URL": addresses.portal,
        "SECRET_KEY": secrets.secret_key,
        "STORAGE_URL": photos.as_uri(),
        "SUPPORT_EMAIL": ADMIN.email,
        "TEAM_MANAGERS": f"{TEAM}={MANAGER.email}",
        "WEB_CONCURRENCY": "2",
    }
