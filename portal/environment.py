"""Reads typed values from environment variables and collects every problem instead of stopping at the first."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from email.utils import parseaddr
from types import MappingProxyType
from typing import TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from portal.domain.email_address import normalize_domain, normalize_email, normalize_lenient
from portal.domain.legal_links import LegalLinks
from portal.domain.roles import Principals
from portal.domain.session_lifetimes import SessionLifetime, SessionLifetimes

# Variables that platforms set in the processes they run, and how many addresses their own routers add to
# X-Forwarded-For: 1 where the platform documents that the last one is the client's, else 0 (TRUSTED_PROXIES decides).
#   DYNO               Heroku: devcenter.heroku.com/articles/http-routing
#                      and Dokku, dokku.com/docs/networking/proxies/nginx
#   CONTAINER_VERSION  Scalingo: doc.scalingo.com/platform/app/environment, …/platform/networking/public/routing
#   RENDER             render.com/docs/environment-variables; the header is not documented
#   FLY_APP_NAME       fly.io/docs/networking/request-headers: the last address is Fly's own, so 2 is right there
#   RAILWAY_PROJECT_ID docs.railway.com/reference/variables; the header is not documented
PLATFORMS: Mapping[str, int] = MappingProxyType(
    {"DYNO": 1, "CONTAINER_VERSION": 1, "RENDER": 0, "FLY_APP_NAME": 0, "RAILWAY_PROJECT_ID": 0}
)
# Larger durations are mistakes, and times in the far future cannot be represented.
_MAX_UNITS = 9_999
Parsed = TypeVar("Parsed")
LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


class EnvironmentReader:
    """Reads one variable at a time; ``problems`` lists what is missing or wrong, a sentence each."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.env = env
        self.problems: list[str] = []

    def add_problem(self, text: str) -> None:
        """Record a sentence about a missing or wrong variable."""
        self.problems.append(text)

    def read_parsed(self, name: str, parse: Callable[[str], Parsed]) -> Parsed:
        """Read what ``parse`` makes of the text; its ValueError is a problem, and the value of an empty text counts."""
        try:
            return parse(self.read_text(name) or "")
        except ValueError as error:
            self.add_problem(f"{name}: {error}")
            return parse("")

    def read_text(self, name: str) -> str | None:
        """Return the trimmed value, or None if it is empty or not set."""
        value = self.env.get(name, "").strip()
        return value or None

    def read_required(self, name: str) -> str:
        """Return the value; a missing one is a problem."""
        value = self.read_text(name)
        if value is None:
            self.add_problem(f"{name} is missing")
        return value or ""

    def read_list(self, name: str) -> list[str]:
        """Return the comma-separated values, trimmed, without empty ones."""
        return [part.strip() for part in (self.read_text(name) or "").split(",") if part.strip()]

    def read_emails(self, name: str) -> frozenset[str]:
        """Return addresses in comparable form; commas, semicolons and line breaks separate them."""
        parts = [
            parseaddr(part)[1] if "<" in part else part for part in re.split(r"[,;\n]", self.read_text(name) or "")
        ]
        entries = [entry.removeprefix("mailto:") for part in parts for entry in part.split()]
        return self._normalize(name, entries, normalize_email, "an address such as ann@corp.example")

    def read_domains(self, name: str) -> frozenset[str]:
        """Return domains in comparable form, also written as ``@corp.example``."""
        entries = [entry.removeprefix("@") for entry in re.split(r"[,;\s]+", self.read_text(name) or "") if entry]
        return self._normalize(name, entries, normalize_domain, "a domain such as corp.example")

    def _normalize(self, name: str, entries: list[str], normalize: Callable[[str], str], kind: str) -> frozenset[str]:
        valid: list[str] = []
        invalid: list[str] = []
        for entry in entries:
            try:
                valid.append(normalize(entry))
            except ValueError:
                invalid.append(entry)
        if invalid:
            listed = ", ".join(map(repr, invalid))
            fix = f"; corrected: {name}={','.join(valid)}" if valid else ""
            self.add_problem(f"{name} holds {listed}; each entry must be {kind}{fix}")
        return frozenset(valid)

    def read_team_managers(self, name: str) -> dict[str, Principals]:
        """Read ``sales=sales-leads,ann@example.com;berlin=berlin-leads``."""
        teams: dict[str, Principals] = {}
        for entry in filter(None, map(str.strip, (self.read_text(name) or "").split(";"))):
            team, _, named = (part.strip() for part in entry.partition("="))
            holders = [part.strip() for part in named.split(",") if part.strip()]
            if not team or not holders or team in teams:
                self.add_problem(f"{name} holds {entry!r}; each team once, like sales=sales-leads,ann@example.com")
                continue
            # A group name may contain an @. It comes from the identity provider, not from the person.
            emails = frozenset(normalize_lenient(part) for part in holders if "@" in part)
            teams[team] = Principals(emails, frozenset(holders))
        return teams

    def read_time_zone(self, name: str) -> ZoneInfo:
        """Return an IANA time zone, UTC if the variable is not set."""
        value = self.read_text(name) or "UTC"
        try:
            return ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self.add_problem(f"{name} is {value!r}; it must be a time zone such as Europe/Berlin")
            return ZoneInfo("UTC")

    def read_choice(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        """Return one of the allowed values."""
        value = self.read_text(name) or default
        if value not in allowed:
            self.add_problem(f"{name} is {value!r}; it can be {' or '.join(allowed)}")
        return value

    def read_prefixed(self, name: str, prefixes: tuple[str, ...]) -> str | None:
        """Return a value that starts with one of the prefixes, or None if it is not set."""
        value = self.read_text(name)
        if value is not None and not value.startswith(prefixes):
            self.add_problem(f"{name} must start with {' or '.join(prefixes)}")
        return value

    def read_number(self, name: str, default: int, *, at_least: int, at_most: int = 999_999_999) -> int:
        """Return a whole number in this range."""
        value = self.read_text(name)
        if value is None:
            return default
        if not re.fullmatch(r"[0-9]{1,9}", value) or not at_least <= int(value) <= at_most:
            limit = f"at least {at_least}" if at_most > _MAX_UNITS else f"{at_least} to {at_most}"
            self.add_problem(f"{name} is {value!r}; it must be a whole number of {limit}")
            return default
        return int(value)

    def read_session_lifetimes(self) -> SessionLifetimes:
        """Return the session lifetimes: the idle time in minutes, the absolute lifetime in hours."""
        usual, admin = SessionLifetimes().usual, SessionLifetimes().admin
        return SessionLifetimes(
            usual=SessionLifetime(
                idle=self.read_minutes("SESSION_IDLE_MINUTES", usual.idle),
                absolute=self.read_hours("SESSION_MAX_HOURS", usual.absolute),
            ),
            admin=SessionLifetime(
                idle=self.read_minutes("ADMIN_SESSION_IDLE_MINUTES", admin.idle),
                absolute=self.read_hours("ADMIN_SESSION_MAX_HOURS", admin.absolute),
            ),
        )

    def read_minutes(self, name: str, default: timedelta) -> timedelta:
        """Return a whole number of minutes, 1 to 9,999."""
        minutes = self.read_number(name, default // timedelta(minutes=1), at_least=1, at_most=_MAX_UNITS)
        return timedelta(minutes=minutes)

    def read_hours(self, name: str, default: timedelta) -> timedelta:
        """Return a whole number of hours, 1 to 9,999."""
        return timedelta(hours=self.read_number(name, default // timedelta(hours=1), at_least=1, at_most=_MAX_UNITS))

    def read_flag(self, name: str, *, default: str = "false") -> bool:
        """Return true or false."""
        value = (self.read_text(name) or default).casefold()
        if value not in {"true", "false", "1", "0", "yes", "no"}:
            self.add_problem(f"{name} is {value!r}; it can be true or false")
        return value in {"true", "1", "yes"}

    def read_color(self, name: str, default: str) -> str:
        """Return a color as #rrggbb, in lower case."""
        value = self.read_text(name) or default
        if not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
            self.add_problem(f"{name} is {value!r}; it must look like #3b5bdb")
            return default
        return value.lower()

    def read_url(self, name: str, *, optional: bool = False, keep_slash: bool = False) -> str:
        """Return an https URL (http only on loopback), without its trailing slash unless ``keep_slash``."""
        value = self.read_text(name)
        if value is None:
            if not optional:
                self.add_problem(f"{name} is missing")
            return ""
        if not _is_web_address(value):
            self.add_problem(f"{name} is {value!r}; it must be an https address (http only on this machine)")
            return ""
        # An issuer is compared character by character, so its own trailing slash must survive.
        return value if keep_slash else value.rstrip("/")

    def read_scopes(self) -> tuple[str, ...]:
        """Return the scopes to ask the identity provider for."""
        scopes = tuple((self.read_text("OIDC_SCOPES") or "openid email profile").replace(",", " ").split())
        if "openid" not in scopes:
            self.add_problem("OIDC_SCOPES must contain openid")
        return scopes

    def read_legal_links(self) -> LegalLinks:
        """Return the company's legal pages and the address of its data protection officer."""
        return LegalLinks(
            imprint=self.read_url("IMPRINT_URL", optional=True) or None,
            privacy_statement=self.read_url("PRIVACY_NOTICE_URL", optional=True) or None,
            dpo_email=self.read_text("DPO_EMAIL"),
        )

    def read_origins(self, name: str) -> tuple[str, ...]:
        """Return the comma-separated origins."""
        values = self.read_list(name)
        for value in values:
            if not _is_web_address(value) or urlsplit(value).path not in {"", "/"}:
                self.add_problem(f"{name} holds {value!r}; each entry must be an origin like https://studio.example")
        return tuple(value.rstrip("/") for value in values)


def _is_web_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError:
        return False
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS)
    has_extras = bool(parts.username or parts.password or parts.query or parts.fragment)
    # No wildcard, quote or separator: an origin becomes part of the Content-Security-Policy unchanged.
    host_is_valid = bool(re.fullmatch(r"[a-z0-9.-]+|[0-9a-f:.]+", parts.hostname or ""))
    return safe and host_is_valid and port_is_valid and not has_extras and not re.search(r"\s|['\";,]", value)


def is_parsable_url(address: str) -> bool:
    """Return whether an address has a valid port, or none."""
    try:
        _ = urlsplit(address).port
    except ValueError:
        return False
    return True
