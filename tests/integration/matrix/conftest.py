"""A furnished town, copied for every test from a template that is made once."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from demo.postgres import Postgres
from portal.app import create_app
from portal.db import db
from tests.integration.auth.hostile_provider import HostileProvider
from tests.integration.matrix.town import Town, TownClock, furnish, town_settings

_numbers = count(1)


@dataclass(frozen=True)
class Furnished:
    """The database and the storage a town is copied from, and what is whose in it."""

    template: str
    storage: Path
    things: dict[str, dict[str, str]]


@pytest.fixture(scope="session")
def identity() -> Iterator[HostileProvider]:
    """An identity provider, honest unless a test makes it lie."""
    server = HostileProvider()
    yield server
    server.close()


@pytest.fixture(scope="session")
def furnished(postgres: Postgres, migrated_template: str, identity: HostileProvider) -> Iterator[Furnished]:
    """A furnished town nobody lives in: the others are copies of it."""
    template = f"town_template_{next(_numbers)}"
    storage = Path(tempfile.mkdtemp(prefix="portal-town-"))
    with psycopg.connect(postgres.url(), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {template} TEMPLATE {migrated_template} STRATEGY FILE_COPY")
        app = create_app(town_settings(_address(postgres, template), storage, identity.issuer), clock=TownClock())
        things = furnish(app)
        with app.app_context():
            db.engine.dispose()
        try:
            yield Furnished(template, storage, things)
        finally:
            admin.execute(f"DROP DATABASE {template} WITH (FORCE)")
            shutil.rmtree(storage, ignore_errors=True)


@pytest.fixture
def make_town(postgres: Postgres, furnished: Furnished, identity: HostileProvider) -> Iterator[Callable[..., Town]]:
    """A function that makes one more town; all of them begin alike."""
    made: list[tuple[str, Town]] = []
    with psycopg.connect(postgres.url(), autocommit=True) as admin:

        def make(**overrides: Any) -> Town:
            name, clock = f"town_{next(_numbers)}", TownClock()
            admin.execute(f"CREATE DATABASE {name} TEMPLATE {furnished.template} STRATEGY FILE_COPY")
            identity.reset(clock)
            settings = town_settings(_address(postgres, name), furnished.storage, identity.issuer, **overrides)
            watching = psycopg.connect(postgres.url(name), autocommit=True)
            made.append(
                (name, Town(create_app(settings, clock=clock), clock, identity.issuer, furnished.things, watching))
            )
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
