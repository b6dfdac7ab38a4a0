"""Everything the environment decides, as one frozen value; nothing here opens a connection or a file."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import cast, get_args
from urllib.parse import urlsplit

from portal.domain.brands import BRANDS, WebhookScheme
from portal.domain.roles import Principals, RoleBindings

DEFAULT_BRAND = "profilebakery"

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
_SHORTEST_KEY = 32


class SettingsError(Exception):
    """The environment cannot run a portal; ``problems`` lists every reason at once."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        listed = "\n".join(f"  - {problem}" for problem in problems)
        super().__init__(f"The portal cannot start, {len(problems)} setting(s) need attention:\n{listed}")


@dataclass(frozen=True, kw_only=True, repr=False)
class Settings:
    """One portal's configuration. Built by :meth:`from_env`; tests build it directly."""

    secret_keys: tuple[str, ...]
    database_url: str
    public_url: str
    oidc_issuer: str
    oidc_client_id: str
    oidc_client_secret: str
    oidc_scopes: tuple[str, ...] = ("openid", "email", "profile")
    oidc_groups_claim: str = "groups"
    allowed_email_domains: frozenset[str] = frozenset()
    admin_emails: frozenset[str] = frozenset()
    admin_groups: frozenset[str] = frozenset()
    operator_emails: frozenset[str] = frozenset()
    operator_groups: frozenset[str] = frozenset()
    team_managers: Mapping[str, Principals] = field(default_factory=dict)
    provider: str = DEFAULT_BRAND
    api_key: str
    api_url: str | None = None
    webhook_secrets: tuple[str, ...] = ()
    webhook_scheme: WebhookScheme = "timestamped"
    embed_origins: tuple[str, ...] = ()
    photo_origins: tuple[str, ...] = ()
    rate_limit: int = 300
    development: bool = False
    frame_sandbox: bool = False
    storage_url: str
    mail_url: str | None = None
    mail_from: str | None = None
    brand_name: str = "Headshots"
    brand_color: str = "#3b5bdb"
    brand_logo: str | None = None
    support_email: str | None = None
    metrics_token: str | None = None
    sentry_dsn: str | None = None
    port: int = 8000
    on_paas: bool = False

    @property
    def is_secure(self) -> bool:
        """Whether people reach the portal over https (cookies, HSTS and the host prefix follow)."""
        return self.public_url.startswith("https://")

    @property
    def role_bindings(self) -> RoleBindings:
        """Who holds which role."""
        return RoleBindings(
            admins=Principals(self.admin_emails, self.admin_groups),
            operators=Principals(self.operator_emails, self.operator_groups),
            managers=self.team_managers,
        )

    @property
    def needs_groups(self) -> bool:
        """Whether anything depends on the groups the identity provider names."""
        return bool(self.admin_groups or self.operator_groups or self.team_managers)

    def __repr__(self) -> str:
        """Name the portal without any of its secrets."""
        return f"Settings(public_url={self.public_url!r}, provider={self.provider!r})"

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Settings:
        """Read the environment.

        Raises:
            SettingsError: something is missing or wrong; it lists everything, not the first thing.
        """
        return _Reader(env).settings()


class _Reader:
    """Reads one variable at a time and keeps every complaint."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.env = env
        self.problems: list[str] = []
        self.on_paas = bool(env.get("DYNO"))

    def settings(self) -> Settings:
        provider = self.choice("HEADSHOT_PROVIDER", tuple(BRANDS), DEFAULT_BRAND)
        settings = {
            "secret_keys": self.secret_keys(),
            "database_url": self.database_url(),
            "public_url": self.public_url(),
            "oidc_issuer": self.web_address("OIDC_ISSUER", keep_slash=True),
            "oidc_client_id": self.required("OIDC_CLIENT_ID"),
            "oidc_client_secret": self.required("OIDC_CLIENT_SECRET"),
            "oidc_scopes": self.scopes(),
            "oidc_groups_claim": self.text("OIDC_GROUPS_CLAIM") or "groups",
            "allowed_email_domains": frozenset(self.words("ALLOWED_EMAIL_DOMAINS")),
            "admin_emails": frozenset(self.words("ADMIN_EMAILS")),
            "admin_groups": frozenset(self.listed("ADMIN_GROUPS")),
            "operator_emails": frozenset(self.words("OPERATOR_EMAILS")),
            "operator_groups": frozenset(self.listed("OPERATOR_GROUPS")),
            "team_managers": self.team_managers(),
            "provider": provider,
            "api_key": self.api_key(),
            "api_url": self.web_address("HEADSHOT_API_URL", optional=True) or None,
            "webhook_secrets": self.webhook_secrets(),
            "webhook_scheme": cast(
                WebhookScheme, self.choice("HEADSHOT_WEBHOOK_SCHEME", get_args(WebhookScheme), "timestamped")
            ),
            "embed_origins": self.origins("HEADSHOT_EMBED_ORIGINS"),
            "photo_origins": self.origins("HEADSHOT_PHOTO_ORIGINS"),
            "rate_limit": self.number("HEADSHOT_RATE_LIMIT", 300, at_least=10),
            "development": self.flag("HEADSHOT_DEVELOPMENT"),
            "frame_sandbox": self.flag("HEADSHOT_FRAME_SANDBOX"),
            "storage_url": self.storage_url(),
            "mail_url": self.mail_url(),
            "mail_from": self.text("MAIL_FROM"),
            "brand_name": self.text("BRAND_NAME") or "Headshots",
            "brand_color": self.color("BRAND_COLOR", "#3b5bdb"),
            "brand_logo": self.logo(),
            "support_email": self.text("SUPPORT_EMAIL"),
            "metrics_token": self.text("METRICS_TOKEN"),
            "sentry_dsn": self.text("SENTRY_DSN"),
            "port": self.number("PORT", 8000, at_least=1),
            "on_paas": self.on_paas,
        }
        if self.text("MAIL_URL") and not self.text("MAIL_FROM"):
            self.problem("MAIL_FROM is missing: the sender address of every mail (needed with MAIL_URL)")
        if self.problems:
            raise SettingsError(self.problems)
        return Settings(**settings)  # type: ignore[arg-type]  # each key was read for its own field

    def problem(self, text: str) -> None:
        self.problems.append(text)

    def text(self, name: str) -> str | None:
        value = self.env.get(name, "").strip()
        return value or None

    def required(self, name: str) -> str:
        value = self.text(name)
        if value is None:
            self.problem(f"{name} is missing")
        return value or ""

    def listed(self, name: str) -> list[str]:
        return [part.strip() for part in (self.text(name) or "").split(",") if part.strip()]

    def words(self, name: str) -> list[str]:
        return [part.casefold() for part in self.listed(name)]

    def team_managers(self) -> dict[str, Principals]:
        """Read ``sales=sales-leads,ann@example.com;berlin=berlin-leads``."""
        teams: dict[str, Principals] = {}
        for entry in filter(None, map(str.strip, (self.text("TEAM_MANAGERS") or "").split(";"))):
            team, _, named = (part.strip() for part in entry.partition("="))
            holders = [part.strip() for part in named.split(",") if part.strip()]
            if not team or not holders or team in teams:
                self.problem(f"TEAM_MANAGERS holds {entry!r}; each team once, like sales=sales-leads,ann@example.com")
                continue
            # A group may look like an address; the identity provider names groups, so that is no way in.
            emails = frozenset(part.casefold() for part in holders if "@" in part)
            teams[team] = Principals(emails, frozenset(holders))
        return teams

    def choice(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        value = self.text(name) or default
        if value not in allowed:
            self.problem(f"{name} is {value!r}; it can be {' or '.join(allowed)}")
        return value

    def number(self, name: str, default: int, *, at_least: int) -> int:
        value = self.text(name)
        if value is None:
            return default
        if not re.fullmatch(r"[0-9]{1,9}", value) or int(value) < at_least:
            self.problem(f"{name} is {value!r}; it must be a whole number of at least {at_least}")
            return default
        return int(value)

    def flag(self, name: str) -> bool:
        value = (self.text(name) or "false").casefold()
        if value not in {"true", "false", "1", "0", "yes", "no"}:
            self.problem(f"{name} is {value!r}; it can be true or false")
        return value in {"true", "1", "yes"}

    def color(self, name: str, default: str) -> str:
        value = self.text(name) or default
        if not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
            self.problem(f"{name} is {value!r}; it must look like #3b5bdb")
            return default
        return value.lower()

    def web_address(self, name: str, *, optional: bool = False, keep_slash: bool = False) -> str:
        value = self.text(name)
        if value is None:
            if not optional:
                self.problem(f"{name} is missing")
            return ""
        if not _is_web_address(value):
            self.problem(f"{name} is {value!r}; it must be an https address (http only on this machine)")
            return ""
        # An issuer is compared character by character, so its own trailing slash must survive.
        return value if keep_slash else value.rstrip("/")

    def public_url(self) -> str:
        value = self.web_address("PUBLIC_URL")
        if value and urlsplit(value).path:
            self.problem(f"PUBLIC_URL is {value!r}; it must be the portal's origin, without a path")
        return value

    def origins(self, name: str) -> tuple[str, ...]:
        values = self.listed(name)
        for value in values:
            if not _is_web_address(value) or urlsplit(value).path not in {"", "/"}:
                self.problem(f"{name} holds {value!r}; each entry must be an origin like https://studio.example")
        return tuple(value.rstrip("/") for value in values)

    def scopes(self) -> tuple[str, ...]:
        scopes = tuple((self.text("OIDC_SCOPES") or "openid email profile").replace(",", " ").split())
        if "openid" not in scopes:
            self.problem("OIDC_SCOPES must contain openid")
        return scopes

    def secret_keys(self) -> tuple[str, ...]:
        keys = tuple(self.listed("SECRET_KEY"))
        if not keys:
            self.problem("SECRET_KEY is missing (make one with: openssl rand -hex 32)")
        elif any(len(key) < _SHORTEST_KEY for key in keys):
            self.problem("SECRET_KEY is too short: each key needs at least 32 characters")
        return keys

    def api_key(self) -> str:
        value = self.required("HEADSHOT_API_KEY")
        if not (value.isascii() and value.isprintable()):
            self.problem("HEADSHOT_API_KEY holds characters no header can carry")
        return value

    def webhook_secrets(self) -> tuple[str, ...]:
        raw = self.env.get("HEADSHOT_WEBHOOK_SECRET")
        if raw is None:
            return ()
        secrets = tuple(part.strip() for part in raw.split(","))
        if any(not secret for secret in secrets):
            self.problem("HEADSHOT_WEBHOOK_SECRET holds an empty secret; remove the stray comma or the variable")
        return tuple(secret for secret in secrets if secret)

    def database_url(self) -> str:
        value = self.text("DATABASE_URL")
        if value is None:
            reason = " (an embedded database would be lost at the next restart here)" if self.on_paas else ""
            self.problem(f"DATABASE_URL is missing{reason}")
            return ""
        normal = re.sub(r"^postgres(ql)?(\+psycopg)?://", "postgresql+psycopg://", value)
        if not normal.startswith("postgresql+psycopg://") or not _is_parsable(normal):
            self.problem("DATABASE_URL must be an address that starts with postgres:// or postgresql://")
        elif self.on_paas and (urlsplit(normal).hostname or "localhost") in LOOPBACK_HOSTS:
            self.problem("DATABASE_URL points at a database inside this machine; a PaaS loses it at the next restart")
        return normal

    def storage_url(self) -> str:
        value = self.text("STORAGE_URL")
        if value is None:
            self.problem("STORAGE_URL is missing (s3://bucket/prefix, or file:///folder on a machine that keeps it)")
            return ""
        if not value.startswith(("file:///", "s3://")):
            self.problem("STORAGE_URL must start with s3:// or file:///")
        elif value.startswith("file:") and self.on_paas and not self.flag("STORAGE_ALLOW_LOCAL"):
            self.problem(
                "STORAGE_URL is a local folder; a PaaS loses its disk daily, so photos would vanish. "
                "Use s3://bucket/prefix, or set STORAGE_ALLOW_LOCAL=true for a throw-away review app"
            )
        return value

    def mail_url(self) -> str | None:
        value = self.text("MAIL_URL")
        if value is not None and not value.startswith(("smtp://", "smtps://")):
            self.problem("MAIL_URL must start with smtp:// or smtps://")
        return value

    def logo(self) -> str | None:
        value = self.text("BRAND_LOGO")
        if value is not None and not value.startswith(("/static/", "data:image/")):
            self.problem("BRAND_LOGO must be a path under /static/ or a data:image/ address (pages load nothing else)")
        return value


def _is_parsable(address: str) -> bool:
    try:
        _ = urlsplit(address).port
    except ValueError:
        return False
    return True


def _is_web_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError:
        return False
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS)
    plain = not (parts.username or parts.password or parts.query or parts.fragment)
    one_line: Callable[[str], bool] = lambda text: not re.search(r"\s|['\";,]", text)  # noqa: E731
    # No wildcard either: an origin goes into the page's policy as it is.
    host_is_plain = bool(re.fullmatch(r"[a-z0-9.-]+|[0-9a-f:.]+", parts.hostname or ""))
    return safe and host_is_plain and plain and port_is_valid and one_line(value)
