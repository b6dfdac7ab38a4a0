"""A prepared directory, copied for every test from a template that is made once."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from demo.postgres import Postgres
from portal.app import create_app
from portal.db import db
from tests.database_cleanup import drop_database
from tests.integration.auth.hostile_provider import HostileProvider
from tests.integration.matrix.directory_fixture import DirectoryFixture, FixtureClock, build_settings, create_people
from tests.integration.matrix.recorded_responses import Recorder, Recording, record_responses

_numbers = count(1)


@dataclass(frozen=True)
class PreparedDatabase:
    """The database and the storage a directory is copied from, and what is whose in it."""

    template: str
    storage: Path
    ids: dict[str, dict[str, str]]


@pytest.fixture(scope="session")
def identity() -> Iterator[HostileProvider]:
    """An identity provider whose responses are valid unless a test changes them."""
    server = HostileProvider()
    yield server
    server.close()


@pytest.fixture(scope="session")
def prepared(postgres: Postgres, migrated_template: str, identity: HostileProvider) -> Iterator[PreparedDatabase]:
    """A prepared directory that serves as a template: the others are copies of it."""
    template = f"directory_template_{next(_numbers)}"
    storage = Path(tempfile.mkdtemp(prefix="portal-directory-"))
    with psycopg.connect(postgres.url(), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {template} TEMPLATE {migrated_template} STRATEGY FILE_COPY")
        app = create_app(build_settings(_address(postgres, template), storage, identity.issuer), clock=FixtureClock())
        ids = create_people(app)
        with app.app_context():
            db.engine.dispose()
        try:
            yield PreparedDatabase(template, storage, ids)
        finally:
            drop_database(admin, template)
            shutil.rmtree(storage, ignore_errors=True)


@pytest.fixture
def make_directory(
    postgres: Postgres, prepared: PreparedDatabase, identity: HostileProvider
) -> Iterator[Callable[..., DirectoryFixture]]:
    """A function that makes one more directory; all of them begin alike."""
    with _open_directories(postgres, prepared, identity) as make:
        yield make


@contextmanager
def _open_directories(
    postgres: Postgres, prepared: PreparedDatabase, identity: HostileProvider
) -> Iterator[Callable[..., DirectoryFixture]]:
    made: list[tuple[str, DirectoryFixture]] = []
    with psycopg.connect(postgres.url(), autocommit=True) as admin:

        def make(**overrides: Any) -> DirectoryFixture:
            name, clock = f"directory_{next(_numbers)}", FixtureClock()
            admin.execute(f"CREATE DATABASE {name} TEMPLATE {prepared.template} STRATEGY FILE_COPY")
            identity.reset(clock)
            settings = build_settings(_address(postgres, name), prepared.storage, identity.issuer, **overrides)
            connection = psycopg.connect(postgres.url(name), autocommit=True)
            made.append(
                (
                    name,
                    DirectoryFixture(
                        create_app(settings, clock=clock), clock, identity.issuer, prepared.ids, connection
                    ),
                )
            )
            return made[-1][1]

        yield make
        for name, directory in made:
            directory.connection.close()
            directory.app.extensions["hub"].close_streams()
            with directory.app.app_context():
                db.engine.dispose()
            drop_database(admin, name)


@pytest.fixture(scope="session")
def recorded(postgres: Postgres, prepared: PreparedDatabase, identity: HostileProvider) -> Recorder:
    """A function that returns every response an actor gets in a directory of its own."""

    @cache
    def record(name: str) -> Recording:
        with _open_directories(postgres, prepared, identity) as make:
            return record_responses(make(), name)

    return record


@pytest.fixture
def directory(make_directory: Callable[..., DirectoryFixture]) -> DirectoryFixture:
    """A prepared directory of the test's own."""
    return make_directory()


def _address(postgres: Postgres, name: str) -> str:
    return postgres.url(name).replace("postgresql://", "postgresql+psycopg://")
