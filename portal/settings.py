"""The portal's settings: one frozen value, read from environment variables without opening a connection or a file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from portal.domain.ai_policy import DEFAULT_AI_POLICY, AiPolicy, parse_ai_policy
from portal.domain.brands import BRANDS, WebhookScheme
from portal.domain.connection_plan import DEFAULT_TOTAL, ConnectionPlan, TooFewConnections, build_plan
from portal.domain.legal_links import LegalLinks
from portal.domain.retention_periods import RetentionPeriods, parse_retention
from portal.domain.roles import Principals, RoleBindings
from portal.domain.session_lifetimes import SessionLifetimes
from portal.environment import LOOPBACK_HOSTS, PLATFORMS, EnvironmentReader, is_parsable_url

DEFAULT_BRAND = "profilebakery"

OwnPhotos = Literal["allowed", "only", "off"]
TokenAuth = Literal["basic", "post", "private_key_jwt"]

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
    oidc_email_claims: tuple[str, ...] = ("email",)
    oidc_employee_claim: str | None = None
    oidc_silent: bool = True
    oidc_token_auth: TokenAuth | None = None
    oidc_client_key: str | None = None
    allowed_email_domains: frozenset[str] = frozenset()
    require_roster: bool = False
    admin_emails: frozenset[str] = frozenset()
    admin_groups: frozenset[str] = frozenset()
    operator_emails: frozenset[str] = frozenset()
    operator_groups: frozenset[str] = frozenset()
    team_managers: Mapping[str, Principals] = field(default_factory=dict)
    session_lifetimes: SessionLifetimes = field(default_factory=SessionLifetimes)
    provider: str = DEFAULT_BRAND
    api_key: str
    api_url: str | None = None
    webhook_secrets: tuple[str, ...] = ()
    webhook_scheme: WebhookScheme = "timestamped"
    embed_origins: tuple[str, ...] = ()
    photo_origins: tuple[str, ...] = ()
    rate_limit: int = 300
    development: bool = False
    credit_alert_below: int = 10
    frame_sandbox: bool = False
    own_photos: OwnPhotos = "allowed"
    ai_policy: Mapping[str, AiPolicy] = field(default_factory=lambda: DEFAULT_AI_POLICY)
    renew_after_months: int | None = None
    retention: RetentionPeriods = field(default_factory=RetentionPeriods)
    storage_url: str
    mail_url: str | None = None
    mail_from: str | None = None
    brand_name: str = "Headshots"
    brand_color: str = "#3b5bdb"
    brand_logo: str | None = None
    support_email: str | None = None
    mail_locale: str = "en"
    legal_links: LegalLinks = field(default_factory=LegalLinks)
    time_zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    next_step: str | None = None
    metrics_token: str | None = None
    sentry_dsn: str | None = None
    port: int = 8000
    on_paas: bool = False
    trusted_proxies: int = 0
    database_connections: int = DEFAULT_TOTAL
    web_concurrency: int = 2

    @property
    def is_secure(self) -> bool:
        """Whether people reach the portal over https (cookies, HSTS and the host prefix follow)."""
        return self.public_url.startswith("https://")

    @property
    def has_studio(self) -> bool:
        """Whether people can start photo sessions in the studio."""
        return self.own_photos != "only"

    @property
    def role_bindings(self) -> RoleBindings:
        """Who holds which role."""
        return RoleBindings(
            admins=Principals(self.admin_emails, self.admin_groups),
            operators=Principals(self.operator_emails, self.operator_groups),
            managers=self.team_managers,
        )

    @property
    def has_group_bindings(self) -> bool:
        """Whether anything depends on the groups the identity provider names."""
        return bool(self.admin_groups or self.operator_groups or self.team_managers)

    @property
    def connection_plan(self) -> ConnectionPlan:
        """How the database's connections are divided among processes."""
        return build_plan(self.database_connections, self.web_concurrency)

    def __repr__(self) -> str:
        """Name the portal without any of its secrets."""
        return f"Settings(public_url={self.public_url!r}, provider={self.provider!r})"

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Settings:
        """Read the environment.

        Raises:
            SettingsError: something is missing or wrong; it lists everything, not the first thing.
        """
        return _SettingsReader(env).build_settings()


class _SettingsReader(EnvironmentReader):
    """Reads every setting of the portal from the environment."""

    def __init__(self, env: Mapping[str, str]) -> None:
        super().__init__(env)
        self.platform = next((name for name in PLATFORMS if env.get(name)), None)
        self.on_paas = self.platform is not None

    def build_settings(self) -> Settings:
        settings = {
            "secret_keys": self.read_secret_keys(),
            "database_url": self.read_database_url(),
            "public_url": self.read_public_url(),
            **self._read_sign_in(),
            **self._read_provider(),
            "own_photos": self.read_choice("OWN_PHOTOS", get_args(OwnPhotos), "allowed"),
            "ai_policy": self.read_parsed("AI_POLICY", parse_ai_policy),
            "renew_after_months": self.read_number("RENEW_AFTER_MONTHS", 0, at_least=0) or None,
            "retention": self.read_parsed("RETENTION_DAYS", parse_retention),
            "storage_url": self.read_storage_url(),
            "mail_url": self.read_prefixed("MAIL_URL", ("smtp://", "smtps://")),
            "mail_from": self.read_text("MAIL_FROM"),
            "brand_name": self.read_text("BRAND_NAME") or "Headshots",
            "brand_color": self.read_color("BRAND_COLOR", "#3b5bdb"),
            "brand_logo": self.read_prefixed("BRAND_LOGO", ("/static/", "data:image/")),
            "support_email": self.read_text("SUPPORT_EMAIL"),
            "mail_locale": self.read_text("MAIL_LOCALE") or "en",
            "legal_links": self.read_legal_links(),
            "time_zone": self.read_time_zone("TIME_ZONE"),
            "next_step": self.read_text("NEXT_STEP"),
            "metrics_token": self.read_text("METRICS_TOKEN"),
            "sentry_dsn": self.read_text("SENTRY_DSN"),
            "port": self.read_number("PORT", 8000, at_least=1),
            "on_paas": self.on_paas,
            **self.read_connections(),
            "trusted_proxies": self.read_number("TRUSTED_PROXIES", PLATFORMS.get(self.platform or "", 0), at_least=0),
        }
        if self.read_text("MAIL_URL") and not self.read_text("MAIL_FROM"):
            self.add_problem("MAIL_FROM is missing: the sender address of every mail (needed with MAIL_URL)")
        if self.problems:
            raise SettingsError(self.problems)
        return Settings(**settings)  # type: ignore[arg-type]  # each key was read for its own field

    def _read_sign_in(self) -> dict[str, object]:
        return {
            "oidc_issuer": self.read_url("OIDC_ISSUER", keep_slash=True),
            "oidc_client_id": self.read_required("OIDC_CLIENT_ID"),
            **self._read_client_auth(),
            "oidc_scopes": self.read_scopes(),
            "oidc_groups_claim": self.read_text("OIDC_GROUPS_CLAIM") or "groups",
            "oidc_email_claims": tuple(self.read_list("OIDC_EMAIL_CLAIM")) or ("email",),
            "oidc_employee_claim": self.read_text("OIDC_EMPLOYEE_CLAIM"),
            "oidc_silent": self.read_flag("OIDC_SILENT", default="true"),
            "allowed_email_domains": self.read_domains("ALLOWED_EMAIL_DOMAINS"),
            "require_roster": self.read_flag("REQUIRE_ROSTER"),
            "admin_emails": self.read_emails("ADMIN_EMAILS"),
            "admin_groups": frozenset(self.read_list("ADMIN_GROUPS")),
            "operator_emails": self.read_emails("OPERATOR_EMAILS"),
            "operator_groups": frozenset(self.read_list("OPERATOR_GROUPS")),
            "team_managers": self.read_team_managers("TEAM_MANAGERS"),
            "session_lifetimes": self.read_session_lifetimes(),
        }

    def _read_provider(self) -> dict[str, object]:
        return {
            "provider": self.read_choice("HEADSHOT_PROVIDER", tuple(BRANDS), DEFAULT_BRAND),
            "api_key": self.read_api_key(),
            "api_url": self.read_url("HEADSHOT_API_URL", optional=True) or None,
            "webhook_secrets": self.read_webhook_secrets(),
            "webhook_scheme": self.read_choice("HEADSHOT_WEBHOOK_SCHEME", get_args(WebhookScheme), "timestamped"),
            "embed_origins": self.read_origins("HEADSHOT_EMBED_ORIGINS"),
            "photo_origins": self.read_origins("HEADSHOT_PHOTO_ORIGINS"),
            "rate_limit": self.read_number("HEADSHOT_RATE_LIMIT", 300, at_least=10),
            "development": self.read_flag("HEADSHOT_DEVELOPMENT"),
            "frame_sandbox": self.read_flag("HEADSHOT_FRAME_SANDBOX"),
            "credit_alert_below": self.read_number("CREDIT_ALERT_BELOW", 10, at_least=0),
        }

    def _read_client_auth(self) -> dict[str, object]:
        if self.read_text("OIDC_TOKEN_AUTH") is None:
            return {"oidc_client_secret": self.read_required("OIDC_CLIENT_SECRET")}
        method = self.read_choice("OIDC_TOKEN_AUTH", get_args(TokenAuth), "basic")
        if method != "private_key_jwt":
            return {"oidc_client_secret": self.read_required("OIDC_CLIENT_SECRET"), "oidc_token_auth": method}
        # Platforms whose values have one line only hold line breaks as a backslash and an n.
        key = self.read_required("OIDC_CLIENT_KEY").replace("\\n", "\n")
        if key and not re.match(r"-----BEGIN [A-Z ]*PRIVATE KEY-----", key):
            self.add_problem("OIDC_CLIENT_KEY must be a private key in PEM")
        secret = self.read_text("OIDC_CLIENT_SECRET") or ""
        return {"oidc_client_secret": secret, "oidc_token_auth": method, "oidc_client_key": key}

    def read_public_url(self) -> str:
        value = self.read_url("PUBLIC_URL")
        if value and urlsplit(value).path:
            self.add_problem(f"PUBLIC_URL is {value!r}; it must be the portal's origin, without a path")
        return value

    def read_secret_keys(self) -> tuple[str, ...]:
        keys = tuple(self.read_list("SECRET_KEY"))
        if not keys:
            self.add_problem("SECRET_KEY is missing (make one with: openssl rand -hex 32)")
        elif any(len(key) < _SHORTEST_KEY for key in keys):
            self.add_problem("SECRET_KEY is too short: each key needs at least 32 characters")
        return keys

    def read_api_key(self) -> str:
        value = self.read_required("HEADSHOT_API_KEY")
        if not (value.isascii() and value.isprintable()):
            self.add_problem("HEADSHOT_API_KEY holds characters no header can carry")
        return value

    def read_webhook_secrets(self) -> tuple[str, ...]:
        raw = self.env.get("HEADSHOT_WEBHOOK_SECRET")
        if raw is None:
            return ()
        secrets = tuple(part.strip() for part in raw.split(","))
        if any(not secret for secret in secrets):
            self.add_problem("HEADSHOT_WEBHOOK_SECRET holds an empty secret; remove the stray comma or the variable")
        return tuple(secret for secret in secrets if secret)

    def read_database_url(self) -> str:
        value = self.read_text("DATABASE_URL")
        if value is None:
            reason = " (an embedded database would be lost at the next restart here)" if self.on_paas else ""
            self.add_problem(f"DATABASE_URL is missing{reason}")
            return ""
        normal = re.sub(r"^postgres(ql)?(\+psycopg)?://", "postgresql+psycopg://", value)
        if not normal.startswith("postgresql+psycopg://") or not is_parsable_url(normal):
            self.add_problem("DATABASE_URL must be an address that starts with postgres:// or postgresql://")
        elif self.on_paas and (urlsplit(normal).hostname or "localhost") in LOOPBACK_HOSTS:
            self.add_problem("DATABASE_URL points at a database of this machine; a PaaS loses it at the next restart")
        return normal

    def read_connections(self) -> dict[str, int]:
        """Read the connection limit and the number of web processes; a limit that is too small is a problem."""
        total = self.read_number("DATABASE_CONNECTIONS", DEFAULT_TOTAL, at_least=1)
        processes = self.read_number("WEB_CONCURRENCY", 2, at_least=1)
        try:
            build_plan(total, processes)
        except TooFewConnections as error:
            self.add_problem(
                f"DATABASE_CONNECTIONS is {total}; {processes} web process(es) and a worker need {error.needed}. "
                "Choose a larger database plan or a smaller WEB_CONCURRENCY"
            )
        return {"database_connections": total, "web_concurrency": processes}

    def read_storage_url(self) -> str:
        value = self.read_text("STORAGE_URL")
        if value is None:
            self.add_problem(
                "STORAGE_URL is missing (s3://bucket/prefix, or file:///folder on a machine that keeps it)"
            )
            return ""
        if not value.startswith(("file:///", "s3://")):
            self.add_problem("STORAGE_URL must start with s3:// or file:///")
        elif value.startswith("file:") and self.on_paas and not self.read_flag("STORAGE_ALLOW_LOCAL"):
            self.add_problem(
                "STORAGE_URL is a local folder; a PaaS loses its disk daily, so photos would vanish. "
                "Use s3://bucket/prefix, or set STORAGE_ALLOW_LOCAL=true for a throw-away review app"
            )
        return value
