"""The composition root: create_app() is the only place that builds and connects the portal's parts."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from flask import Flask
from jinja2 import StrictUndefined

from portal import db as database
from portal.db.fair_pool import FairPool
from portal.domain.connection_plan import COMMAND_POOL
from portal.domain.secretbox import SecretBox
from portal.identity.client import OidcClient
from portal.mail import Mailer, parse_address
from portal.provider import BRANDS, PhotoDownloader, ProviderClient
from portal.services.app_context import AppContext
from portal.services.provider_budget import CallLog, SharedBudget
from portal.settings import Settings, SettingsError
from portal.storage import create_storage
from portal.web import compression, errors, locales, static_files, webhook_middleware, webhooks
from portal.web.admin import account as provider_account
from portal.web.admin import (
    account_records,
    accounts,
    audit,
    board,
    campaigns,
    deliveries,
    exports,
    link_reports,
    people,
    people_selection,
    person,
    retention,
    roster,
    roster_entry,
    roster_import,
    texts,
)
from portal.web.admin import health as health_page
from portal.web.auth import logout
from portal.web.context import EXTENSION
from portal.web.live import routes
from portal.web.live.hub import Hub
from portal.web.observability import client_address, health, logs, sentry
from portal.web.pages import (
    account,
    another_attempt,
    brand,
    campaign,
    crop,
    erasure,
    gallery,
    headshots,
    kit,
    language,
    my_data,
    own_photo,
    photos,
    public,
    session_erasure,
    team,
    team_reminder,
    withdrawal,
)
from portal.web.security import access, csrf, headers
from portal.web.security.sessions import DatabaseSessionInterface

TOP = Path(__file__).resolve().parent.parent
_LARGEST_BODY = 1024 * 1024
# Connections that are not pinged before use detect a dead peer through these.
_TCP_OPTIONS = {"keepalives_idle": 30, "keepalives_interval": 5, "tcp_user_timeout": 10_000}
_BLUEPRINTS = (
    health.blueprint,
    brand.blueprint,
    logout.blueprint,
    public.blueprint,
    language.blueprint,
    headshots.blueprint,
    withdrawal.blueprint,
    erasure.blueprint,
    gallery.blueprint,
    kit.blueprint,
    crop.blueprint,
    my_data.blueprint,
    session_erasure.blueprint,
    own_photo.blueprint,
    another_attempt.blueprint,
    photos.blueprint,
    routes.blueprint,
    account.blueprint,
    team.blueprint,
    team_reminder.blueprint,
    webhooks.blueprint,
    board.blueprint,
    health_page.blueprint,
    people.blueprint,
    people_selection.blueprint,
    person.blueprint,
    exports.blueprint,
    provider_account.blueprint,
    account_records.blueprint,
    accounts.blueprint,
    deliveries.blueprint,
    audit.blueprint,
    retention.blueprint,
    link_reports.blueprint,
    roster.blueprint,
    roster_import.blueprint,
    roster_entry.blueprint,
    campaigns.blueprint,
    texts.blueprint,
    campaign.blueprint,
)

# Seconds to wait for a free connection. Routers time out after 30.
_POOL_TIMEOUTS = {"web": 20, "worker": 30, "command": 20}
Role = Literal["web", "worker", "command"]
Clock = Callable[[], datetime]
Sleep = Callable[[float], None]


def create_app(
    settings: Settings | None = None,
    *,
    clock: Clock | None = None,
    sleep: Sleep = time.sleep,
    role: Role = "web",
) -> Flask:
    """Build the portal. Opens no connection, so that a server can fork afterwards.

    Args:
        settings: None reads them from the environment.
        clock: returns the present, UTC-aware; None uses the system's clock.
        sleep: waits for a number of that clock's seconds.
        role: the kind of process, which determines the size of its connection pool.

    Raises:
        SettingsError: settings are missing or wrong; it lists all of them.
    """
    context = _build_context(settings or Settings.from_env(os.environ), clock or _get_utc_now, sleep)
    version = static_files.compute_version(TOP / "static")
    sentry.init_sentry(context.settings)
    app = _create_flask_app(context, role, static_version=version)
    database.init_app(app)
    locales.init_app(app, TOP / "translations")
    static_files.init_app(app, TOP / "static", version)
    logs.configure_logging(_list_secrets(context.settings))
    # In this order: the log covers every response, and access is checked before CSRF tokens.
    for part in (logs, client_address, compression, headers, access, csrf, errors, health):
        part.init_app(app)
    for blueprint in _BLUEPRINTS:
        app.register_blueprint(blueprint)
    webhook_middleware.init_app(app)
    return app


def _create_flask_app(context: AppContext, role: Role, *, static_version: str) -> Flask:
    app = Flask(
        "portal",
        root_path=str(TOP),
        template_folder="templates",
        static_folder="static",
        static_url_path=f"/static/{static_version}",
    )
    # Editors of intranet pages add or remove a slash at the end of addresses.
    app.url_map.strict_slashes = False
    app.config.from_mapping(_build_config(context.settings, role))
    app.extensions[EXTENSION] = context
    app.extensions["identity_provider"] = OidcClient(context.settings, context.clock)
    app.extensions["hub"] = Hub(context.settings.database_url)
    app.session_interface = DatabaseSessionInterface()
    app.jinja_env.undefined = StrictUndefined
    return app


def _get_utc_now() -> datetime:
    return datetime.now(UTC)


def _build_config(settings: Settings, role: Role) -> dict[str, Any]:
    plan = settings.connection_plan
    pool_size = {"web": plan.web_pool, "worker": plan.worker_pool, "command": COMMAND_POOL}[role]
    return {
        "SECRET_KEY": settings.secret_keys[0],
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": {
            "poolclass": FairPool,
            "pool_size": pool_size,
            "max_overflow": 0,
            "pool_timeout": _POOL_TIMEOUTS[role],
            "pool_recycle": 300,
            "pool_pre_ping": True,
            # Keeps the values of a failed statement, which may be personal data, out of error messages and logs.
            "hide_parameters": True,
            "connect_args": database.CONNECT_OPTIONS,
        },
        "BATCHER_CONNECTIONS": plan.web_batcher,
        "BATCHER_OPTIONS": database.CONNECT_OPTIONS | _TCP_OPTIONS,
        "BEST_EFFORT_OPTIONS": database.BEST_EFFORT_OPTIONS,
        "MAX_CONTENT_LENGTH": _LARGEST_BODY,
    }


def _build_context(settings: Settings, clock: Clock, sleep: Sleep) -> AppContext:
    found = BRANDS[settings.provider]
    budget = SharedBudget(settings.rate_limit, clock)
    # The brand's origins are the defaults, stored in the settings so that all code reads them from one place.
    settings = replace(
        settings,
        embed_origins=settings.embed_origins or found.embed_origins,
        photo_origins=settings.photo_origins or found.photo_origins,
    )
    try:
        return AppContext(
            settings=settings,
            clock=clock,
            sleep=sleep,
            secretbox=SecretBox(settings.secret_keys),
            brand=found,
            budget=budget,
            provider=ProviderClient(
                found, settings.api_key, settings.api_url, budget, CallLog(clock), clock=clock, sleep=sleep
            ),
            downloader=PhotoDownloader(settings.photo_origins),
            storage=create_storage(settings.storage_url),
            mailer=_build_mailer(settings),
        )
    except ValueError as error:
        raise SettingsError([str(error)]) from error


def _build_mailer(settings: Settings) -> Mailer | None:
    if settings.mail_url is None:
        return None
    if settings.support_email is not None:
        try:
            # It is the reply address of every e-mail.
            parse_address(settings.support_email)
        except ValueError:
            raise ValueError("SUPPORT_EMAIL is not an e-mail address") from None
    return Mailer.from_url(settings.mail_url, settings.mail_from or "", name=settings.brand_name)


def _list_secrets(settings: Settings) -> tuple[str, ...]:
    """List the values that must not appear in any log."""
    return (
        *settings.secret_keys,
        *settings.webhook_secrets,
        settings.api_key,
        settings.oidc_client_secret,
        settings.metrics_token or "",
        settings.database_url,
        settings.mail_url or "",
    )
