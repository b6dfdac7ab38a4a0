"""A portal whose clock can be moved, the provider that lies, and a browser that signs in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import select

from demo.postgres import Postgres
from portal.app import create_app
from portal.db import db
from portal.models.audit import AuditEntry
from portal.settings import Settings
from tests.database_cleanup import delete_rows, drop_database
from tests.integration.auth.actors import Browser, MovableClock
from tests.integration.auth.hostile_provider import HostileProvider


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture(scope="session")
def hostile_server() -> Iterator[HostileProvider]:
    server = HostileProvider()
    yield server
    server.close()


@pytest.fixture
def provider(hostile_server: HostileProvider, clock: MovableClock) -> HostileProvider:
    hostile_server.reset(clock)
    return hostile_server


@pytest.fixture(scope="session")
def shared_database(postgres: Postgres, migrated_template: str) -> Iterator[str]:
    """One database for all tests of this folder, since copying one takes longer than most of them."""
    with psycopg.connect(postgres.url(), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE auth_tests TEMPLATE {migrated_template}")
        try:
            yield postgres.url("auth_tests").replace("postgresql://", "postgresql+psycopg://")
        finally:
            drop_database(admin, "auth_tests")


@pytest.fixture
def database_url(shared_database: str) -> Iterator[str]:
    """The shared database, empty again after the test."""
    yield shared_database
    with psycopg.connect(shared_database.replace("+psycopg", ""), autocommit=True) as connection:
        delete_rows(
            connection, "roster_entries", "people", "sign_in_attempts", "logout_orders", "sessions", "rate_limits"
        )


@pytest.fixture
def make_app(
    portal_settings: Callable[..., Settings],
    database_url: str,
    provider: HostileProvider,
    clock: MovableClock,
) -> Iterator[Callable[..., Flask]]:
    made: list[Flask] = []

    def make(**overrides: Any) -> Flask:
        app = create_app(portal_settings(oidc_issuer=provider.issuer, **overrides), clock=clock)
        made.append(app)
        return app

    yield make
    for app in made:
        with app.app_context():
            db.engine.dispose()


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app()


@pytest.fixture
def browser(app: Flask, provider: HostileProvider) -> Browser:
    return Browser(app.test_client(), provider)


@pytest.fixture
def other_browser(app: Flask, provider: HostileProvider) -> Browser:
    return Browser(app.test_client(), provider)


@pytest.fixture
def audit(app: Flask) -> Callable[[str], list[AuditEntry]]:
    """A function that returns the audit entries of one action, oldest first."""

    def entries(action: str) -> list[AuditEntry]:
        with app.app_context():
            query = select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id)
            return list(db.session.scalars(query))

    return entries
