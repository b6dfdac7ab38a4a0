"""The composition root: create_app() puts the portal's parts together, and nothing else does."""

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
from portal.web.admin import accounts, audit, board, deliveries, links, people, roster, roster_import
from portal.web.admin import health as health_page
from portal.web.auth import logout
from portal.web.context import EXTENSION
from portal.web.live import routes
from portal.web.live.hub import Hub
from portal.web.observability import client_address, health, logs, sentry
from portal.web.pages import (
    account,
    brand,
    crop,
    gallery,
    headshots,
    kit,
    language,
    my_data,
    own_photo,
    photos,
    public,
    team,
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
    gallery.blueprint,
    kit.blueprint,
    crop.blueprint,
    my_data.blueprint,
    own_photo.blueprint,
    photos.blueprint,
    routes.blueprint,
    account.blueprint,
    team.blueprint,
    webhooks.blueprint,
    board.blueprint,
    health_page.blueprint,
    people.blueprint,
    accounts.blueprint,
    deliveries.blueprint,
    audit.blueprint,
    links.blueprint,
    roster.blueprint,
    roster_import.blueprint,
)

# Seconds to wait for a free connection. Routers give up on a page after 30; a job is not in a hurry.
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
    """Build the portal. Opens no connection and calls nobody, so that a server may fork afterwards.

    Args:
        settings: None reads the environment.
        clock: the present moment, UTC-aware; None is the system's.
        sleep: waits for so many of that clock's seconds.
        role: which process this is; it decides how many database connections it may open.

    Raises:
        SettingsError: the environment cannot run a portal; it lists every reason.
    """
    portal = _portal(settings or Settings.from_env(os.environ), clock or _utc_now, sleep)
    version = static_files.version_of(TOP / "static")
    sentry.init_sentry(portal.settings)
    app = Flask(
        "portal",
        root_path=str(TOP),
        template_folder="templates",
        static_folder="static",
        static_url_path=f"/static/{version}",
    )
    # Intranet editors add a slash to addresses, or take one away.
    app.url_map.strict_slashes = False
    app.config.from_mapping(_config(portal.settings, role))
    app.extensions[EXTENSION] = portal
    app.extensions["identity_provider"] = OidcClient(portal.settings, portal.clock)
    app.extensions["hub"] = Hub(portal.settings.database_url)
    app.session_interface = DatabaseSessionInterface()
    app.jinja_env.undefined = StrictUndefined
    database.init_app(app)
    locales.init_app(app, TOP / "translations")
    static_files.init_app(app, TOP / "static", version)
    logs.configure_logging(_secrets(portal.settings))
    # In this order: the log sees every answer, strangers are turned away before their forms are judged.
    for part in (logs, client_address, compression, headers, access, csrf, errors, health):
        part.init_app(app)
    for blueprint in _BLUEPRINTS:
        app.register_blueprint(blueprint)
    webhook_middleware.init_app(app)
    return app


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _config(settings: Settings, role: Role) -> dict[str, Any]:
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
            # Keeps personal data, the values of a failed statement, out of error messages and logs.
            "hide_parameters": True,
            "connect_args": database.CONNECT_OPTIONS,
        },
        "BATCHER_CONNECTIONS": plan.web_batcher,
        "BATCHER_OPTIONS": database.CONNECT_OPTIONS | _TCP_OPTIONS,
        "BEST_EFFORT_OPTIONS": {"connect_timeout": 2, "options": "-c statement_timeout=500", "tcp_user_timeout": 2000},
        "MAX_CONTENT_LENGTH": _LARGEST_BODY,
    }


def _portal(settings: Settings, clock: Clock, sleep: Sleep) -> AppContext:
    found = BRANDS[settings.provider]
    budget = SharedBudget(settings.rate_limit, clock)
    # Where the operator names no origins, the brand's own count; everybody reads them from one place.
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
            mailer=_mailer(settings),
        )
    except ValueError as error:
        raise SettingsError([str(error)]) from error


def _mailer(settings: Settings) -> Mailer | None:
    if settings.mail_url is None:
        return None
    if settings.support_email is not None:
        try:
            # It stands in every mail as where answers go.
            parse_address(settings.support_email)
        except ValueError:
            raise ValueError("SUPPORT_EMAIL is no mail address") from None
    return Mailer.from_url(settings.mail_url, settings.mail_from or "", name=settings.brand_name)


def _secrets(settings: Settings) -> tuple[str, ...]:
    """Name the values that must not appear in any log, whoever writes them."""
    return (
        *settings.secret_keys,
        *settings.webhook_secrets,
        settings.api_key,
        settings.oidc_client_secret,
        settings.metrics_token or "",
        settings.database_url,
        settings.mail_url or "",
    )
