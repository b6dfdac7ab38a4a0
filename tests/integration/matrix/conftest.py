"""A furnished town, copied for every test from a template that is made once."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from portal.app import create_app
from portal.db import db
from portal.demo.postgres import Postgres
from tests.integration.auth.hostile_provider import HostileProvider
from tests.integration.matrix.town import Town, TownClock, furnish, town_settings

_TEMPLATE = "town_template"
_numbers = count(1)


@pytest.fixture(scope="session")
def identity() -> Iterator[HostileProvider]:
    """An identity provider, honest unless a test makes it lie."""
    server = HostileProvider()
    yield server
    server.close()


@pytest.fixture(scope="session")
def furnished(
    postgres: Postgres, migrated_template: str, identity: HostileProvider
) -> Iterator[tuple[Path, dict[str, dict[str, str]]]]:
    """The storage of a furnished town, and what is whose; its database is the template."""
    storage = Path(tempfile.mkdtemp(prefix="portal-town-"))
    with psycopg.connect(postgres.url(), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {_TEMPLATE} TEMPLATE {migrated_template} STRATEGY FILE_COPY")
        app = create_app(town_settings(_address(postgres, _TEMPLATE), storage, identity.issuer), clock=TownClock())
        things = furnish(app)
        with app.app_context():
            db.engine.dispose()
        try:
            yield storage, things
        finally:
            admin.execute(f"DROP DATABASE {_TEMPLATE} WITH (FORCE)")
            shutil.rmtree(storage, ignore_errors=True)


@pytest.fixture
def make_town(
    postgres: Postgres, furnished: tuple[Path, dict[str, dict[str, str]]], identity: HostileProvider
) -> Iterator[Callable[..., Town]]:
    """A function that makes one more town; all of them begin alike."""
    storage, things = furnished
    made: list[tuple[str, Town]] = []
    with psycopg.connect(postgres.url(), autocommit=True) as admin:

        def make(**overrides: Any) -> Town:
            name, clock = f"town_{next(_numbers)}", TownClock()
            admin.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE} STRATEGY FILE_COPY")
            identity.reset(clock)
            settings = town_settings(_address(postgres, name), storage, identity.issuer, **overrides)
            watching = psycopg.connect(postgres.url(name), autocommit=True)
            made.append((name, Town(create_app(settings, clock=clock), clock, identity.issuer, things, watching)))
            return made[-1][1]

        yield make
        for name, town in made:
            town.connection.close()
            town.app.extensions["hub"].close()
            with town.app.app_context():
                db.engine.dispose()
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def town(make_town: Callable[..., Town]) -> Town:
    """A furnished town of the test's own."""
    return make_town()


def _address(postgres: Postgres, name: str) -> str:
    return postgres.url(name).replace("postgresql://", "postgresql+psycopg://")
