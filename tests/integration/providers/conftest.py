"""Providers from PyPI and a portal for each, processes of their own on addresses of this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest

from demo.ports import find_free_port
from demo.postgres import Postgres
from tests.database_cleanup import drop_database
from tests.integration.certified.actors import CLIENT
from tests.integration.core.processes import build_environment, run_web
from tests.integration.providers.actors import CANAILLE, DJANGO_OAUTH_TOOLKIT, Employee, PythonProvider


@pytest.fixture(scope="module", params=[CANAILLE, DJANGO_OAUTH_TOOLKIT], ids=lambda product: product.folder)
def provider(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PythonProvider]:
    """The provider, running, and registered with it a portal that need not run yet."""
    folder = tmp_path_factory.mktemp(request.param.folder)
    made = PythonProvider(
        find_free_port(),
        f"http://localhost:{find_free_port()}",
        folder,
        request.param.path,
        product=request.param,
    )
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="module")
def database(provider: PythonProvider, postgres: Postgres, migrated_template: str) -> Iterator[str]:
    """One database for each provider's portal."""
    name = f"provider_tests_{provider.product.folder}"
    with psycopg.connect(postgres.url(), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {migrated_template}".encode())
        try:
            yield postgres.url(name)
        finally:
            drop_database(admin, name)


@pytest.fixture(scope="module")
def employee(provider: PythonProvider, database: str) -> Iterator[Callable[[str], Employee]]:
    """A function that gives a person a browser in front of the running portal."""
    env = build_environment(
        database,
        provider.folder,
        PUBLIC_URL=provider.portal,
        OIDC_ISSUER=provider.issuer,
        OIDC_CLIENT_ID=CLIENT["id"],
        OIDC_CLIENT_SECRET=CLIENT["secret"],
        OIDC_SCOPES="openid profile email groups",
        OIDC_SILENT=str(provider.product.silent).lower(),
        ADMIN_GROUPS="runners",
    )
    with run_web(env, provider.folder / "web.log", port=int(provider.portal.rpartition(":")[2])):
        yield lambda name: Employee(provider.portal, name, product=provider.product)


@pytest.fixture
def rows(database: str) -> Iterator[Callable[[str], list[tuple[object, ...]]]]:
    """A function that queries the portal's database."""
    with psycopg.connect(database, autocommit=True) as connection:
        yield lambda query: connection.execute(query.encode()).fetchall()
