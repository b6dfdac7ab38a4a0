"""Checks of ``portal doctor``: one check for each external component; they change nothing."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from portal import migrations, storage
from portal.db import PoolerDetected, check_no_pooler, get_connection_limit
from portal.domain import framing
from portal.domain.connection_plan import RESERVED
from portal.domain.errors import SignInRefused, SignInUnavailable
from portal.identity.client import OidcClient
from portal.mail import Mailer, MailUnavailable
from portal.provider import BRANDS, ProviderClient, ProviderError
from portal.services import health_records
from portal.services.check_results import CheckFailed, CheckResult, CheckWarning
from portal.settings import Settings
from portal.storage import StorageError

# What an operator should check, by the reason of a refused registration.
_SIGN_IN_HINTS = {
    "discovery_issuer_mismatch": "OIDC_ISSUER must be exactly the issuer in the discovery document",
    "client_refused": "the client id or secret is wrong, or OIDC_TOKEN_AUTH names a method the client may not use",
    "client_key_invalid": "OIDC_CLIENT_KEY must be a private RSA or P-256 key in PEM",
    "discovery_algorithms": "the provider must sign ID tokens with RS256, ES256 or PS256",
}


def iterate_checks(settings: Settings) -> Iterator[CheckResult]:
    """Run all checks, one after the other, and yield their results."""
    now = datetime.now(UTC)
    checks: list[tuple[str, Callable[[Settings], str]]] = [
        ("database", _check_database),
        ("connections", _check_connections),
        ("storage", _check_storage),
        ("sign-in", _check_identity),
        ("provider", _check_provider),
        ("clocks", health_records.check_clocks),
        ("studio", _check_studio),
        ("whitelabel", lambda settings: health_records.check_whitelabel(settings, now)),
        ("webhooks", _check_webhooks),
        ("signatures", lambda settings: health_records.check_signatures(settings, now)),
        ("secrets", lambda settings: health_records.check_secret_ages(settings, now)),
    ]
    if settings.mail_url is not None:
        checks.append(("mail", _check_mail))
    for component, check in checks:
        try:
            yield CheckResult(component, True, check(settings))
        except CheckFailed as reason:
            yield CheckResult(component, False, str(reason))
        except CheckWarning as reason:
            yield CheckResult(component, True, str(reason), is_warning=True)


def _check_database(settings: Settings) -> str:
    try:
        check_no_pooler(settings.database_url)
        is_current = migrations.is_current(settings.database_url)
    except PoolerDetected as error:
        raise CheckFailed(str(error)) from None
    except (SQLAlchemyError, psycopg.Error) as error:
        raise CheckFailed(f"cannot be reached ({type(error).__name__}); check DATABASE_URL") from None
    if not is_current:
        raise CheckFailed("is reached, but its schema is not the newest; run `python -m portal migrate`")
    return "reached, schema up to date"


def _check_connections(settings: Settings) -> str:
    plan = settings.connection_plan
    try:
        limit = get_connection_limit(settings.database_url)
    except psycopg.Error as error:
        raise CheckFailed(f"the limit cannot be read ({type(error).__name__}); check DATABASE_URL") from None
    use = (
        f"one web instance uses up to {plan.web_processes * plan.per_web_process}, one worker {plan.per_worker}, "
        f"and {RESERVED} are kept for commands"
    )
    if limit < plan.largest_use:
        raise CheckFailed(f"the database allows {limit}, but {use}; set DATABASE_CONNECTIONS={limit}")
    return f"the database allows {limit}; {use}"


def _check_storage(settings: Settings) -> str:
    key = f"doctor/{secrets.token_hex(8)}.txt"
    content = b"Written by a check, which deletes it immediately."
    try:
        store = storage.create_storage(settings.storage_url)
        store.put(key, content, "text/plain")
        try:
            is_same = store.get(key) == content
        finally:
            store.delete(key)
    except (StorageError, ValueError) as error:
        raise CheckFailed(f"{error}; check STORAGE_URL and its credentials") from None
    if not is_same:
        raise CheckFailed("returns different content than was written")
    return "written, read and deleted"


def _check_identity(settings: Settings) -> str:
    client = OidcClient(settings, lambda: datetime.now(UTC))
    try:
        client.check_registration()
        metadata = client.get_metadata()
    except SignInUnavailable as error:
        status = "" if error.provider_status is None else f" (status {error.provider_status})"
        raise CheckFailed(f"no usable response{status}; check OIDC_ISSUER") from None
    except SignInRefused as error:
        hint = _SIGN_IN_HINTS.get(error.reason, "check OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET")
        code = "" if error.provider_error is None else f", error {error.provider_error}"
        raise CheckFailed(f"refused ({error.reason}{code}); {hint}") from None
    prompts = "" if metadata.prompts is None or "none" in metadata.prompts else "; set OIDC_SILENT=false"
    return f"metadata and keys read, client credentials accepted{prompts}"


def _check_provider(settings: Settings) -> str:
    client = ProviderClient(BRANDS[settings.provider], settings.api_key, settings.api_url)
    try:
        organization = client.get_organization(priority="interactive")
    except ProviderError as error:
        raise CheckFailed(f"{error}; check HEADSHOT_API_KEY and HEADSHOT_API_URL") from None
    finally:
        client.close()
    return f"responds for {organization.name or 'an organization without a name'}"


def _check_studio(settings: Settings) -> str:
    brand = BRANDS[settings.provider]
    if not (settings.embed_origins or brand.embed_origins):
        raise CheckFailed("its host is not known, so it can only open in a tab of its own; set HEADSHOT_EMBED_ORIGINS")
    origins = settings.embed_origins or brand.embed_origins
    if refused := framing.list_insecure_origins(origins, is_secure=settings.is_secure):
        raise CheckFailed(f"no browser shows {refused[0]} inside https; set HEADSHOT_EMBED_ORIGINS")
    split = framing.find_disagreement(
        allow=framing.build_allow_attribute(origins),
        permissions_policy=framing.build_camera_policy(origins),
        content_policy=framing.build_frame_src(origins),
    )
    if split:
        raise CheckFailed(
            f"a browser would read {', '.join(sorted(split))} in different ways; set HEADSHOT_EMBED_ORIGINS"
        )
    if not (settings.photo_origins or brand.photo_origins):
        raise CheckFailed("the host of its photos is not known, so none can be fetched; set HEADSHOT_PHOTO_ORIGINS")
    return f"may be embedded and use the camera from {len(origins)} origin(s), and its photos fetched"


def _check_webhooks(settings: Settings) -> str:
    if not settings.webhook_secrets:
        raise CheckFailed("none is accepted without a secret; set HEADSHOT_WEBHOOK_SECRET")
    path = BRANDS[settings.provider].webhook_path
    return f"expected at {settings.public_url}{path}, {len(settings.webhook_secrets)} secret(s) active"


def _check_mail(settings: Settings) -> str:
    try:
        Mailer.from_url(settings.mail_url or "", settings.mail_from or "").check()
    except ValueError as error:
        raise CheckFailed(f"cannot be used: {error}") from None
    except MailUnavailable as error:
        raise CheckFailed(f"does not accept the sign-in ({error.cause}); check MAIL_URL") from None
    return "server greeted, nothing sent"
