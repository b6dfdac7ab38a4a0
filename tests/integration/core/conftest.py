"""A portal on its own database with a scripted provider, and a worker that runs on demand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask

from portal.app import create_app
from portal.db import db
from portal.services.app_context import AppContext
from portal.storage import LocalStorage
from tests.integration.core.doubles import ScriptedDownloader, ScriptedProvider
from tests.integration.core.worked_example import Clock, WorkedExample


@pytest.fixture
def clock() -> Clock:
    """The present, moved by hand."""
    return Clock()


@pytest.fixture
def provider(clock: Clock) -> ScriptedProvider:
    """The provider's side, and every call it got."""
    return ScriptedProvider(clock)


@pytest.fixture
def worked_example(
    database_url: str, portal_settings: Any, clock: Clock, provider: ScriptedProvider, tmp_path: Path
) -> Iterator[WorkedExample]:
    """One portal, in an application context."""
    app = create_app(portal_settings(), clock=clock, sleep=clock.sleep)
    portal: AppContext = app.extensions["portal"]
    app.extensions["portal"] = replace(
        portal,
        provider=provider,
        downloader=ScriptedDownloader(),
        storage=LocalStorage(tmp_path / "stored"),
    )
    address = database_url.replace("+psycopg", "")
    with (
        close_connections(app),
        psycopg.connect(address, autocommit=True, connect_timeout=30) as connection,
        app.app_context(),
    ):
        yield WorkedExample(app, clock, provider, connection)


@contextmanager
def close_connections(app: Flask) -> Iterator[None]:
    """Close what an app has open after the block."""
    try:
        yield
    finally:
        with app.app_context():
            db.session.remove()
            for engine in db.engines.values():
                engine.dispose()
