"""The composition root: create_app() puts the portal's parts together, and nothing else does."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask, request
from flask_babel import Babel
from jinja2 import StrictUndefined

from portal.db import db
from portal.domain.secretbox import SecretBox
from portal.provider import BRANDS, PhotoDownloader, ProviderClient
from portal.services.context import Portal
from portal.services.provider_budget import CallLog, SharedBudget
from portal.settings import Settings
from portal.storage import from_url
from portal.web import brand, ops
from portal.web.context import EXTENSION
from portal.web.hub import Hub

TOP = Path(__file__).resolve().parent.parent
_LARGEST_BODY = 1024 * 1024

Clock = Callable[[], datetime]


def create_app(settings: Settings | None = None, *, clock: Clock | None = None) -> Flask:
    """Build the portal. Opens no connection and calls nobody, so that a server may fork afterwards.

    Args:
        settings: None reads the environment.
        clock: the present moment, UTC-aware; None is the system's.

    Raises:
        SettingsError: the environment cannot run a portal; it lists every reason.
    """
    settings = settings or Settings.from_env(os.environ)
    app = Flask("portal", root_path=str(TOP), template_folder="templates", static_folder="static")
    app.config.from_mapping(_config(settings))
    app.extensions[EXTENSION] = _portal(settings, clock or _utc_now)
    app.jinja_env.undefined = StrictUndefined
    app.extensions["hub"] = Hub(settings.database_url)
    db.init_app(app)
    Babel(app, locale_selector=_locale, default_translation_directories=str(TOP / "translations"))
    for blueprint in (ops.blueprint, brand.blueprint):
        app.register_blueprint(blueprint)
    return app


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _config(settings: Settings) -> dict[str, Any]:
    return {
        "SECRET_KEY": settings.secret_keys[0],
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": {
            "pool_size": 5,
            "max_overflow": 5,
            "pool_timeout": 5,
            "pool_recycle": 300,
            "pool_pre_ping": True,
            # A failed statement's values are people's; they must not reach a log through its message.
            "hide_parameters": True,
            "connect_args": {"connect_timeout": 3, "options": "-c statement_timeout=15000"},
        },
        "MAX_CONTENT_LENGTH": _LARGEST_BODY,
    }


def _portal(settings: Settings, clock: Clock) -> Portal:
    found = BRANDS[settings.provider]
    return Portal(
        settings=settings,
        clock=clock,
        secretbox=SecretBox(settings.secret_keys),
        brand=found,
        provider=ProviderClient(
            found,
            settings.api_key,
            settings.api_url,
            SharedBudget(settings.rate_limit, clock),
            CallLog(clock),
            clock=clock,
        ),
        downloader=PhotoDownloader(settings.photo_origins or found.photo_origins),
        storage=from_url(settings.storage_url),
    )


def _locale() -> str | None:
    return request.accept_languages.best_match(["en"])
