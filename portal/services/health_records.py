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
from portal.services.check_results import CheckFailed, CheckText, CheckWarning
from portal.settings import Settings

MAX_CLOCK_OFFSET = timedelta(seconds=30)
"""ID tokens and signed webhooks are refused a few minutes off; a smaller offset already shows a clock that drifts."""
SECRET_AGE_REMINDER = timedelta(days=180)
"""A secret that is older should be rotated."""
API_KEY = "HEADSHOT_API_KEY"
WEBHOOK_SECRET = "HEADSHOT_WEBHOOK_SECRET"  # noqa: S105 - a variable's name


def check_clocks(settings: Settings) -> CheckText:
    """Compare this machine's clock with those of the provider and the identity provider."""
    api_url = settings.api_url or BRANDS[settings.provider].api_url
    servers = ((CheckText("the studio"), f"{api_url}/organization"), (CheckText("the sign-in"), settings.oidc_issuer))
    offsets = [(name, measure_clock_offset(url)) for name, url in servers]
    known = [(name, offset) for name, offset in offsets if offset is not None]
    if not known:
        raise CheckFailed(
            CheckText("no server sent its time, so it cannot be compared; check HEADSHOT_API_URL and OIDC_ISSUER")
        )
    clocks = [_describe_offset(name, offset) for name, offset in known]
    wrong = [name for name, offset in known if abs(offset) > MAX_CLOCK_OFFSET]
    if len(wrong) == len(known) > 1:
        raise CheckFailed(
            CheckText(
                "%(clocks)s; this machine’s clock is probably wrong, so switch on its time synchronization",
                clocks=clocks,
            )
        )
    if wrong:
        raise CheckFailed(
            CheckText(
                "%(clocks)s; compare both clocks with a third, since sign-ins or webhooks may be refused", clocks=clocks
            )
        )
    return CheckText("%(clocks)s", clocks=clocks)


def check_whitelabel(settings: Settings, now: datetime) -> CheckText:
    """Check whether the studio creates sessions for this key; only a session proves it."""
    facts = _read_facts(settings, now)
    created, forbidden = facts.session_created_at, facts.session_forbidden_at
    if forbidden is not None and (created is None or forbidden > created):
        raise CheckFailed(
            CheckText(
                "the studio refused to create a session at %(time)s (FORBIDDEN); "
                "ask its sales to switch whitelabel on for this organization",
                time=_describe_time(forbidden),
            )
        )
    if created is None:
        raise CheckWarning(
            CheckText("not proved: only a session shows it. Make a test session on the health page; it costs no credit")
        )
    return CheckText("proved by the session created at %(time)s", time=_describe_time(created))


def check_signatures(settings: Settings, now: datetime) -> CheckText:
    """Check how many webhooks were refused in the last 24 hours."""
    rejections = _read_facts(settings, now).rejections
    if not rejections:
        return CheckText("no webhook was refused in 24 hours")
    reasons = ", ".join(f"{count} × {reason}" for reason, count in rejections.items())
    total = sum(rejections.values())
    if "wrong signature" in rejections:
        raise CheckWarning(
            CheckText(
                "%(total)s refused in 24 hours (%(reasons)s); "
                "set HEADSHOT_WEBHOOK_SECRET to the studio’s secret, beside the one that is set",
                total=total,
                reasons=reasons,
            )
        )
    raise CheckWarning(
        CheckText(
            "%(total)s refused in 24 hours (%(reasons)s); "
            "check HEADSHOT_WEBHOOK_SCHEME, or whether others call this address",
            total=total,
            reasons=reasons,
        )
    )


def check_secret_ages(settings: Settings, now: datetime) -> CheckText:
    """Check how long ago each secret was first seen."""
    seen = _read_facts(settings, now).secrets
    ages: dict[str, timedelta] = {}
    for name, fingerprint in list_fingerprints(settings):
        # While a secret is being rotated the older of the two counts.
        ages[name] = max(ages.get(name, timedelta()), now - seen.get((name, fingerprint), now))
    in_use = [CheckText("%(name)s in use for %(days)s days", name=name, days=age.days) for name, age in ages.items()]
    old = [name for name, age in ages.items() if age > SECRET_AGE_REMINDER]
    if old:
        raise CheckWarning(
            CheckText(
                "%(in_use)s; rotate %(old)s, the health page guides through it", in_use=in_use, old=", ".join(old)
            )
        )
    return CheckText("%(in_use)s", in_use=in_use)


def list_fingerprints(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield name and fingerprint of the API key and the webhook secrets."""
    yield API_KEY, hashlib.sha256(b"api-key-id:" + settings.api_key.encode()).hexdigest()[:8]
    for secret in settings.webhook_secrets:
        yield WEBHOOK_SECRET, compute_key_id(secret)


def _read_facts(settings: Settings, now: datetime) -> OperationFacts:
    try:
        return read_facts(settings.database_url, now)
    except psycopg.Error as error:
        raise CheckFailed(
            CheckText("the records cannot be read (%(error)s); check DATABASE_URL", error=type(error).__name__)
        ) from None


def _describe_offset(server: CheckText, offset: timedelta) -> CheckText:
    seconds = round(offset.total_seconds())
    if abs(seconds) <= 1:
        return CheckText("%(server)s is in time", server=server)
    if seconds > 0:
        return CheckText("%(server)s is %(seconds)s s ahead", server=server, seconds=seconds)
    return CheckText("%(server)s is %(seconds)s s behind", server=server, seconds=-seconds)


def _describe_time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
