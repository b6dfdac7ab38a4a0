"""Fixtures for every test: a migrated database of its own, settings, a browser; and the network shut."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, settings

from demo import ports
from demo.postgres import Postgres
from portal.settings import Settings
from tests import canaries
from tests.browser import build_launch_arguments, find_chromium
from tests.compilation import (
    patch_builder_compilation,
    patch_rule_parsing,
    patch_static_files,
    patch_template_compilation,
)
from tests.database_cleanup import drop_database
from tests.database_limits import patch_database_limits
from tests.network import restrict_to_loopback

# By itself Hypothesis fails an example that takes 200 ms, or ten that take a second to make; other tests keep the
# machine busy for as long.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")
# `make test-fast` chooses it by --hypothesis-profile.
settings.register_profile("fast", max_examples=20)

TEMPLATE = "portal_template"
_numbers = count(1)


@pytest.fixture(scope="session", autouse=True)
def network_shut() -> Iterator[None]:
    """Nothing in this process reaches beyond loopback."""
    with restrict_to_loopback():
        yield


@pytest.fixture(scope="session", autouse=True)
def kept_compilations() -> Iterator[None]:
    """The apps of this process share what they compile alike."""
    with pytest.MonkeyPatch.context() as patch:
        patch_template_compilation(patch)
        patch_builder_compilation(patch)
        patch_rule_parsing(patch)
        patch_static_files(patch)
        yield


@pytest.fixture(scope="session", autouse=True)
def no_disk_waits() -> Iterator[None]:
    """Nothing in this process waits until its files would outlast a power cut, which no test causes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _descriptor: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def own_ports() -> Iterator[None]:
    """Test processes that run side by side choose ports of different ranges: a stack listens seconds after it chose."""
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first, end = ports._UNUSED_BY_SYSTEMS
    size = (end - first) // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ports, "_UNUSED_BY_SYSTEMS", (first + number * size, first + (number + 1) * size))
        yield


# A run's databases take about 100 MB at a time; containers often have no more than 64 MB of memory as a folder.
_ROOM = 1_000_000_000


def _quick_place() -> Path | None:
    """Return a folder in memory if there is one with room: making a database means making a thousand files."""
    memory = Path("/dev/shm")
    if memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > _ROOM:
        return memory
    return None


@pytest.fixture(scope="session")
def patient_apps() -> Iterator[pytest.MonkeyPatch]:
    """The apps of this process wait for a database that is slow because other tests run."""
    with pytest.MonkeyPatch.context() as patch:
        patch_database_limits(patch)
        yield patch


@pytest.fixture(scope="session")
def postgres(patient_apps: pytest.MonkeyPatch) -> Iterator[Postgres]:
    """One real PostgreSQL for the whole run, in a folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="portal-tests-", dir=_quick_place()))
    server = Postgres(data=folder / "pg", logs=folder / "logs", durable=False, connections=200)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def migrated_template(postgres: Postgres) -> str:
    """The name of a database that all migrations ran on once; tests get copies of it."""
    from portal.migrations import runner  # noqa: PLC0415 - tests without a database must not wait for it

    runner.upgrade(postgres.ensure_database(TEMPLATE))
    return TEMPLATE


@pytest.fixture
def database_url(postgres: Postgres, migrated_template: str) -> Iterator[str]:
    """The address of a fresh, migrated, empty database that is dropped after the test."""
    name = f"test_{next(_numbers)}"
    with psycopg.connect(postgres.url(), autocommit=True) as admin:
        # With fsync off, copying the files takes a third of the time of writing them through the log.
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {migrated_template} STRATEGY FILE_COPY")
        try:
            yield postgres.url(name).replace("postgresql://", "postgresql+psycopg://")
        finally:
            drop_database(admin, name)


@pytest.fixture
def portal_settings(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Settings]:
    """A function that builds valid Settings; keyword arguments replace single fields.

    The database is the test's own if the test uses ``database_url`` too, else an address without a server.
    """
    has_database = "database_url" in request.fixturenames
    database = request.getfixturevalue("database_url") if has_database else "postgresql+psycopg://localhost:1/none"

    def build(**overrides: Any) -> Settings:
        fields: dict[str, Any] = {
            "secret_keys": ("test-secret-key-that-is-long-enough",),
            "database_url": database,
            "public_url": "http://localhost",
            "oidc_issuer": "http://127.0.0.1:1",
            "oidc_client_id": "portal",
            "oidc_client_secret": "test-oidc-secret",
            "api_key": "test-api-key",
            "api_url": "http://127.0.0.1:1/api/v2",
            "webhook_secrets": ("test-webhook-secret",),
            "embed_origins": ("http://127.0.0.1:1",),
            "photo_origins": ("http://127.0.0.1:1",),
            "storage_url": f"file://{tmp_path / 'photos'}",
            "metrics_token": "test-metrics-token",
        }
        return Settings(**(fields | overrides))

    return build


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The browser to drive; without one the browser tests fail, since they are required."""
    found = find_chromium()
    if found is None:
        pytest.fail("no Chromium: install one, or set CHROMIUM to its path")
    return str(found)


@pytest.fixture(scope="session")
def chromium_args() -> list[str]:
    """Command-line arguments Chromium needs on this machine."""
    return build_launch_arguments()


@pytest.fixture(scope="session", autouse=True)
def private_logs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No process that tests started may have written anything private into its log."""
    yield
    found = canaries.find_private_logs(tmp_path_factory.getbasetemp())
    assert not found, f"private things in logs: {found}"


def pytest_collection_finish() -> None:
    """Let the garbage collector no longer go through the thousands of collected tests, which stay until the end."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test during which the portal logged anything private."""
    report = yield
    # Each report holds the output of all steps so far; the last one is the whole of it.
    found = canaries.find_private_output(report.capstdout) if report.when != "setup" else []
    if found and report.passed:
        report.outcome = "failed"
        report.longrepr = f"The portal logged something private: {found}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable() -> Generator[None, Any, Any]:
    """Let hostile text (half a surrogate pair) in a test's output travel from one test process to the other."""
    report = yield
    return _encodable(report)


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, dict):
        return {_encodable(key): _encodable(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_encodable(each) for each in value)
    return value
