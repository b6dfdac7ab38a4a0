"""A certified OpenID provider and the portal, each a process of its own, on addresses of this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from demo.ports import find_free_port
from demo.postgres import Postgres
from tests.database_cleanup import drop_database
from tests.integration.certified.actors import CLIENT, CertifiedProvider, Visitor, generate_signing_key
from tests.integration.core.processes import build_environment, run_web


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certified")


@pytest.fixture(scope="module")
def database(postgres: Postgres, migrated_template: str) -> Iterator[str]:
    """One database for all these tests, as there is one portal for them."""
    with psycopg.connect(postgres.url(), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE certified_tests TEMPLATE {migrated_template}")
        try:
            yield postgres.url("certified_tests")
        finally:
            drop_database(admin, "certified_tests")


@pytest.fixture(scope="module")
def provider(folder: Path) -> Iterator[CertifiedProvider]:
    """The provider, running, and registered with it a portal that need not run yet."""
    made = CertifiedProvider(find_free_port(), f"http://localhost:{find_free_port()}", folder)
    made.start(generate_signing_key("one"))
    yield made
    made.stop()


@pytest.fixture(scope="module")
def visitor(provider: CertifiedProvider, database: str, folder: Path) -> Iterator[Callable[[str], Visitor]]:
    """A function that returns a browser in front of the running portal."""
    env = build_environment(
        database,
        folder,
        PUBLIC_URL=provider.portal,
        OIDC_ISSUER=provider.issuer,
        OIDC_CLIENT_ID=CLIENT["id"],
        OIDC_CLIENT_SECRET=CLIENT["secret"],
        OIDC_SCOPES="openid profile email groups",
        ADMIN_GROUPS="runners",
    )
    with run_web(env, folder / "web.log", port=int(provider.portal.rpartition(":")[2])):
        yield lambda name: Visitor(provider.portal, name)


@pytest.fixture
def rows(database: str) -> Iterator[Callable[[str], list[tuple[object, ...]]]]:
    """A function that queries the portal's database."""
    with psycopg.connect(database, autocommit=True) as connection:
        yield lambda query: connection.execute(query.encode()).fetchall()
