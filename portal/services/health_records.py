"""Health checks of what only a running portal shows: clocks, whitelabel, refused signatures and the age of secrets."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg

from portal.http_client.server_clock import measure_clock_offset
from portal.models.operation_facts import OperationFacts, read_facts
from portal.provider import BRANDS
from portal.provider.signature import compute_key_id
from portal.services.check_results import CheckFailed, CheckWarning
from portal.settings import Settings

MAX_CLOCK_OFFSET = timedelta(seconds=30)
"""ID tokens and signed webhooks are refused a few minutes off; a smaller offset already shows a clock that drifts."""
SECRET_AGE_REMINDER = timedelta(days=180)
"""A secret that is older should be rotated."""
API_KEY = "HEADSHOT_API_KEY"
WEBHOOK_SECRET = "HEADSHOT_WEBHOOK_SECRET"  # noqa: S105 - a variable's name


def check_clocks(settings: Settings) -> str:
    """Compare this machine's clock with those of the provider and the identity provider."""
    api_url = settings.api_url or BRANDS[settings.provider].api_url
    servers = {"the studio": f"{api_url}/organization", "the sign-in": settings.oidc_issuer}
    offsets = {name: measure_clock_offset(url) for name, url in servers.items()}
    known = {name: offset for name, offset in offsets.items() if offset is not None}
    if not known:
        raise CheckFailed("no server sent its time, so it cannot be compared; check HEADSHOT_API_URL and OIDC_ISSUER")
    text = ", ".join(f"{name} is {_describe_offset(offset)}" for name, offset in known.items())
    wrong = [name for name, offset in known.items() if abs(offset) > MAX_CLOCK_OFFSET]
    if len(wrong) == len(known) > 1:
        raise CheckFailed(f"{text}; this machine’s clock is probably wrong, so switch on its time synchronization")
    if wrong:
        raise CheckFailed(f"{text}; compare both clocks with a third, since sign-ins or webhooks may be refused")
    return text


def check_whitelabel(settings: Settings, now: datetime) -> str:
    """Check whether the studio creates sessions for this key; only a session proves it."""
    facts = _read_facts(settings, now)
    created, forbidden = facts.session_created_at, facts.session_forbidden_at
    if forbidden is not None and (created is None or forbidden > created):
        raise CheckFailed(
            f"the studio refused to create a session at {_describe_time(forbidden)} (FORBIDDEN); "
            "ask its sales to switch whitelabel on for this organization"
        )
    if created is None:
        raise CheckWarning(
            "not proved: only a session shows it. Make a test session on the health page; it costs no credit"
        )
    return f"proved by the session created at {_describe_time(created)}"


def check_signatures(settings: Settings, now: datetime) -> str:
    """Check how many webhooks were refused in the last 24 hours."""
    rejections = _read_facts(settings, now).rejections
    if not rejections:
        return "no webhook was refused in 24 hours"
    reasons = ", ".join(f"{count} × {reason}" for reason, count in rejections.items())
    text = f"{sum(rejections.values())} refused in 24 hours ({reasons})"
    if "wrong signature" in rejections:
        raise CheckWarning(f"{text}; set {WEBHOOK_SECRET} to the studio’s secret, beside the one that is set")
    raise CheckWarning(f"{text}; check HEADSHOT_WEBHOOK_SCHEME, or whether others call this address")


def check_secret_ages(settings: Settings, now: datetime) -> str:
    """Check how long ago each secret was first seen."""
    seen = _read_facts(settings, now).secrets
    ages: dict[str, timedelta] = {}
    for name, fingerprint in list_fingerprints(settings):
        # While a secret is being rotated the older of the two counts.
        ages[name] = max(ages.get(name, timedelta()), now - seen.get((name, fingerprint), now))
    text = ", ".join(f"{name} in use for {age.days} days" for name, age in ages.items())
    old = [name for name, age in ages.items() if age > SECRET_AGE_REMINDER]
    if old:
        raise CheckWarning(f"{text}; rotate {' and '.join(old)}, the health page guides through it")
    return text


def list_fingerprints(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield name and fingerprint of the API key and the webhook secrets."""
    yield API_KEY, hashlib.sha256(b"api-key-id:" + settings.api_key.encode()).hexdigest()[:8]
    for secret in settings.webhook_secrets:
        yield WEBHOOK_SECRET, compute_key_id(secret)


def _read_facts(settings: Settings, now: datetime) -> OperationFacts:
    try:
        return read_facts(settings.database_url, now)
    except psycopg.Error as error:
        raise CheckFailed(f"the records cannot be read ({type(error).__name__}); check DATABASE_URL") from None


def _describe_offset(offset: timedelta) -> str:
    seconds = round(offset.total_seconds())
    return "in time" if abs(seconds) <= 1 else f"{abs(seconds)} s {'ahead' if seconds > 0 else 'behind'}"


def _describe_time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
