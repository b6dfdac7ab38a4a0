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
from portal.services.check_results import CheckFailed, CheckResult, CheckText, CheckWarning
from portal.settings import Settings
from portal.storage import StorageError

# What an operator should check, by the reason of a refused registration.
_SIGN_IN_HINTS = {
    "discovery_issuer_mismatch": CheckText("OIDC_ISSUER must be exactly the issuer in the discovery document"),
    "client_refused": CheckText(
        "the client id or secret is wrong, or OIDC_TOKEN_AUTH names a method the client may not use"
    ),
    "client_key_invalid": CheckText("OIDC_CLIENT_KEY must be a private RSA or P-256 key in PEM"),
    "discovery_algorithms": CheckText("the provider must sign ID tokens with RS256, ES256 or PS256"),
}
_OTHER_SIGN_IN_HINT = CheckText("check OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET")


def iterate_checks(settings: Settings) -> Iterator[CheckResult]:
    """Run all checks, one after the other, and yield their results."""
    now = datetime.now(UTC)
    checks: list[tuple[str, Callable[[Settings], CheckText]]] = [
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
            yield CheckResult(component, False, reason.text)
        except CheckWarning as reason:
            yield CheckResult(component, True, reason.text, is_warning=True)


def _check_database(settings: Settings) -> CheckText:
    try:
        check_no_pooler(settings.database_url)
        is_current = migrations.is_current(settings.database_url)
    except PoolerDetected as error:
        raise CheckFailed(CheckText("%(error)s", error=str(error))) from None
    except (SQLAlchemyError, psycopg.Error) as error:
        raise CheckFailed(
            CheckText("cannot be reached (%(error)s); check DATABASE_URL", error=type(error).__name__)
        ) from None
    if not is_current:
        raise CheckFailed(CheckText("is reached, but its schema is not the newest; run `python -m portal migrate`"))
    return CheckText("reached, schema up to date")


def _check_connections(settings: Settings) -> CheckText:
    plan = settings.connection_plan
    try:
        limit = get_connection_limit(settings.database_url)
    except psycopg.Error as error:
        raise CheckFailed(
            CheckText("the limit cannot be read (%(error)s); check DATABASE_URL", error=type(error).__name__)
        ) from None
    use = CheckText(
        "one web instance uses up to %(web)s, one worker %(worker)s, and %(reserved)s are kept for commands",
        web=plan.web_processes * plan.per_web_process,
        worker=plan.per_worker,
        reserved=RESERVED,
    )
    if limit < plan.largest_use:
        raise CheckFailed(
            CheckText(
                "the database allows %(limit)s, but %(use)s; set DATABASE_CONNECTIONS=%(limit)s", limit=limit, use=use
            )
        )
    return CheckText("the database allows %(limit)s; %(use)s", limit=limit, use=use)


def _check_storage(settings: Settings) -> CheckText:
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
        raise CheckFailed(CheckText("%(error)s; check STORAGE_URL and its credentials", error=str(error))) from None
    if not is_same:
        raise CheckFailed(CheckText("returns different content than was written"))
    return CheckText("written, read and deleted")


def _check_identity(settings: Settings) -> CheckText:
    client = OidcClient(settings, lambda: datetime.now(UTC))
    try:
        client.check_registration()
        metadata = client.get_metadata()
    except SignInUnavailable as error:
        status = "" if error.provider_status is None else f" (status {error.provider_status})"
        raise CheckFailed(CheckText("no usable response%(status)s; check OIDC_ISSUER", status=status)) from None
    except SignInRefused as error:
        hint = _SIGN_IN_HINTS.get(error.reason, _OTHER_SIGN_IN_HINT)
        code = "" if error.provider_error is None else f", error {error.provider_error}"
        raise CheckFailed(
            CheckText("refused (%(reason)s); %(hint)s", reason=f"{error.reason}{code}", hint=hint)
        ) from None
    if metadata.prompts is None or "none" in metadata.prompts:
        return CheckText("metadata and keys read, client credentials accepted")
    return CheckText("metadata and keys read, client credentials accepted; set OIDC_SILENT=false")


def _check_provider(settings: Settings) -> CheckText:
    client = ProviderClient(BRANDS[settings.provider], settings.api_key, settings.api_url)
    try:
        organization = client.get_organization(priority="interactive")
    except ProviderError as error:
        raise CheckFailed(
            CheckText("%(error)s; check HEADSHOT_API_KEY and HEADSHOT_API_URL", error=str(error))
        ) from None
    finally:
        client.close()
    if not organization.name:
        return CheckText("responds for an organization without a name")
    return CheckText("responds for %(organization)s", organization=organization.name)


def _check_studio(settings: Settings) -> CheckText:
    brand = BRANDS[settings.provider]
    if not (settings.embed_origins or brand.embed_origins):
        raise CheckFailed(
            CheckText("its host is not known, so it can only open in a tab of its own; set HEADSHOT_EMBED_ORIGINS")
        )
    origins = settings.embed_origins or brand.embed_origins
    if refused := framing.list_insecure_origins(origins, is_secure=settings.is_secure):
        raise CheckFailed(
            CheckText("no browser shows %(origin)s inside https; set HEADSHOT_EMBED_ORIGINS", origin=refused[0])
        )
    split = framing.find_disagreement(
        allow=framing.build_allow_attribute(origins),
        permissions_policy=framing.build_camera_policy(origins),
        content_policy=framing.build_frame_src(origins),
    )
    if split:
        raise CheckFailed(
            CheckText(
                "a browser would read %(origins)s in different ways; set HEADSHOT_EMBED_ORIGINS",
                origins=", ".join(sorted(split)),
            )
        )
    if not (settings.photo_origins or brand.photo_origins):
        raise CheckFailed(
            CheckText("the host of its photos is not known, so none can be fetched; set HEADSHOT_PHOTO_ORIGINS")
        )
    return CheckText(
        "may be embedded and use the camera from %(count)s origin(s), and its photos fetched", count=len(origins)
    )


def _check_webhooks(settings: Settings) -> CheckText:
    if not settings.webhook_secrets:
        raise CheckFailed(CheckText("none is accepted without a secret; set HEADSHOT_WEBHOOK_SECRET"))
    path = BRANDS[settings.provider].webhook_path
    return CheckText(
        "expected at %(address)s, %(count)s secret(s) active",
        address=f"{settings.public_url}{path}",
        count=len(settings.webhook_secrets),
    )


def _check_mail(settings: Settings) -> CheckText:
    try:
        Mailer.from_url(settings.mail_url or "", settings.mail_from or "").check()
    except ValueError as error:
        raise CheckFailed(CheckText("cannot be used: %(error)s", error=str(error))) from None
    except MailUnavailable as error:
        raise CheckFailed(
            CheckText("does not accept the sign-in (%(cause)s); check MAIL_URL", cause=str(error.cause))
        ) from None
    return CheckText("server greeted, nothing sent")
