"""One running portal for all tests of faults in this process; each test gets it whole and leaves it whole."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.stack import Stack
from tests import canaries

for _module in ("load", "deployment", "sandbox_control"):
    pytest.register_assert_rewrite(f"tests.faults.{_module}")

from tests.faults.deployment import Deployment  # noqa: E402 - what it asserts is explained only if it is imported after that

# A session of an hour takes a second, and so do the retries of a webhook.
SPEED = 3600.0


@pytest.fixture(scope="session")
def running_deployment() -> Iterator[Deployment]:
    folder = Path(tempfile.mkdtemp(prefix="portal-faults-"))
    try:
        # As durable as in production: what was committed has to survive an immediate stop.
        with Stack(data_dir=folder / "stack", speed=SPEED, durable=True) as stack:
            deployment = Deployment(stack)
            try:
                deployment.sandbox.switch(gallery_size=3, pictures="plain", credits=10_000, webhook_timeout_seconds=5)
                yield deployment
            finally:
                deployment.close()
        assert canaries.found_in_files(folder) == []
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def deployment(running_deployment: Deployment) -> Iterator[Deployment]:
    """The portal, whole; restored after the test, whatever it did."""
    running_deployment.restore()
    yield running_deployment
    running_deployment.restore()
