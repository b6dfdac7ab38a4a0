"""What the demo's parts are told: their secrets, made once, and their environment; starts nothing."""

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
# Whatever the caller's shell holds for a real portal must not reach the demo.
_FOREIGN_PREFIXES = (
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
_FOREIGN = frozenset(
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
    """Keys of one demo; they stay the same, so that its data and sessions stay readable."""

    secret_key: str
    oidc_client_secret: str
    api_key: str
    webhook_secret: str
    metrics_token: str

    @classmethod
    def kept_in(cls, path: Path) -> Secrets:
        """Read the secrets, or make and keep them (readable by the owner only)."""
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
    """Where each part is reached, by a browser and by the other parts alike.

    The portal and the studio are on two sites on purpose: the frame is third-party, as in real life.
    """

    portal: str
    sandbox: str
    identity: str

    @classmethod
    def on(cls, ports: Ports) -> Addresses:
        """Build the addresses for these ports."""
        return cls(
            portal=f"http://localhost:{ports.portal}",
            sandbox=f"http://127.0.0.1:{ports.sandbox}",
            identity=f"http://127.0.0.1:{ports.identity}",
        )


def base_environment(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the caller's environment without anything that would configure a portal."""
    kept = {
        name: value
        for name, value in environ.items()
        if name not in _FOREIGN and not name.startswith(_FOREIGN_PREFIXES)
    }
    # The parts call each other on this machine; a proxy for the internet would be in the way.
    return kept | {
        "NO_PROXY": "localhost,127.0.0.1",
        "no_proxy": "localhost,127.0.0.1",
        "PYTHONUNBUFFERED": "1",
    }


def portal_environment(
    *, addresses: Addresses, ports: Ports, secrets: Secrets, brand: str, database_url: str, photos: Path
) -> dict[str, str]:
    """Return the settings of the demo's portal and worker, by their documented names."""
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
